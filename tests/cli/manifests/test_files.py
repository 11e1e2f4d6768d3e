"""The whole set: what is checked in, what every object has, and what Kubernetes makes of it."""

import random
from pathlib import Path

import pytest
import yaml
from kubernetes_validate import SchemaNotFoundError, validate

from tests.cli.conftest import PROJECT
from tests.cli.manifests.conftest import GRANTING, SORTS, Render, by_name
from webhook.cli.manifests.components import COMPONENTS
from webhook.cli.manifests.files import files, stream
from webhook.inpod.contract import OWN_LABEL
from webhook.policy import Policy
from webhook.policy.file import parse

CHECKED_IN = PROJECT / "manifests"
OLDEST = "1.33"


def test_what_is_checked_in_is_what_is_rendered() -> None:
    there = {str(file.relative_to(CHECKED_IN)): file.read_text() for file in CHECKED_IN.rglob("*") if file.is_file()}
    assert there == files(Policy(), []), "run: make manifests"


def test_files_are_applied_in_the_order_of_their_numbers_and_the_configuration_comes_last() -> None:
    rendered = files(parse(SORTS), [])
    numbered = [name for name in rendered if name[0].isdigit()]
    assert yaml.safe_load(rendered["kustomization.yaml"])["resources"] == numbered == sorted(numbered)
    assert "kind: MutatingWebhookConfiguration" in rendered[numbered[-1]]


def test_without_grants_there_is_no_file_for_a_gateway() -> None:
    assert "35-gateway.yaml" in files(parse(GRANTING), [])
    assert "35-gateway.yaml" not in files(parse(SORTS), [])


def test_without_a_required_profile_there_is_no_file_for_one() -> None:
    assert "40-required.yaml" in files(parse(SORTS), [])
    assert "40-required.yaml" not in files(Policy(), [])


def test_a_stream_holds_what_the_files_hold(policy: Policy) -> None:
    numbered = [text for name, text in files(policy, []).items() if name[0].isdigit()]
    in_files = [each for text in numbered for each in yaml.safe_load_all(text)]
    assert list(yaml.safe_load_all(stream(policy, []))) == in_files


def test_text_is_the_same_however_a_policy_is_written() -> None:
    written = yaml.safe_load(SORTS)
    for turn in range(5):
        shuffled = {key: written[key] for key in random.Random(turn).sample(list(written), len(written))}
        shuffled["profiles"] = dict(reversed(shuffled["profiles"].items()))
        assert files(parse(yaml.safe_dump(shuffled, sort_keys=False)), []) == files(parse(SORTS), [])


def test_every_object_can_be_found_by_one_label(policy: Policy) -> None:
    for each in yaml.safe_load_all(stream(policy, COMPONENTS)):
        assert each["metadata"]["labels"]["app.kubernetes.io/name"] == "richpod"


def test_every_object_is_what_the_oldest_kubernetes_knows(policy: Policy) -> None:
    """Strictly: no field that it does not know. The live API server judges the values (tests/cluster)."""
    for each in yaml.safe_load_all(stream(policy, [])):
        # Required by the schema, which no API server goes by; the leader of the gateway writes them.
        written = {"endpoints": []} if each["kind"] == "EndpointSlice" else {}
        validate({**each, **written}, OLDEST, strict=True)


@pytest.mark.parametrize("name", sorted(COMPONENTS))
def test_every_component_is_a_kustomize_component_whose_objects_are_known(name: str) -> None:
    rendered = files(Policy(), [name])
    assert yaml.safe_load(rendered["kustomization.yaml"])["components"] == [f"components/{name}"]
    described = yaml.safe_load(rendered[f"components/{name}/kustomization.yaml"])
    assert described["kind"] == "Component"
    named = [*described.get("resources", ()), *(patch["path"] for patch in described.get("patches", ()))]
    assert {f"components/{name}/{file}" for file in (*named, "kustomization.yaml")} == {
        file for file in rendered if file.startswith(f"components/{name}/")
    }
    for each in yaml.safe_load_all(rendered.get(f"components/{name}/resources.yaml", "")):
        try:
            validate(each, OLDEST, strict=True)
        except SchemaNotFoundError:
            assert each["apiVersion"].split("/")[0] not in ("apps", "v1"), "a kind that others define"


def test_r46_pods_of_every_deployment_carry_our_label(render: Render) -> None:
    for (kind, name), each in render().items():
        if kind == "Deployment":
            assert each["spec"]["template"]["metadata"]["labels"][OWN_LABEL] == name
            assert each["spec"]["selector"]["matchLabels"][OWN_LABEL] == name


def test_a_folder_is_written_as_the_stream_is(tmp_path: Path) -> None:
    for name, text in files(parse(SORTS), []).items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    found = [each for file in sorted(tmp_path.glob("[0-9]*.yaml")) for each in yaml.safe_load_all(file.read_text())]
    assert by_name(found) == by_name(yaml.safe_load_all(stream(parse(SORTS), [])))
