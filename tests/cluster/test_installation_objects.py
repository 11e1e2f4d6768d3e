"""What a real API server makes of the manifests: judged strictly, applied twice by whichever side, pruned. Nothing runs there."""

import base64
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.manifests.conftest import by_name
from webhook.cli.manifests.components import COMPONENTS
from webhook.cli.manifests.files import stream
from webhook.installation import CONFIGURATION, FIELD_MANAGER
from webhook.policy.file import parse

from .access import Cluster
from .creation import create
from .installation import LABEL, REFUSING, Installation
from .namespaces import Namespaces
from .pods import pod
from .processes import until

pytestmark = pytest.mark.cluster
BUNDLE = base64.b64encode(b"an authority").decode()
CAGED = "test-caged"
POLICY = {
    "podOptIn": True,
    "runtimes": {"gvisor": {"class": "gvisor"}, "kata": {"class": "kata"}},
    "profiles": {
        "caged": {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": [CAGED]},
        "free": {"features": {"runtime": "gvisor"}, "required": ["runtime"], "allow": ["runtime"]},
    },
}
PRUNED = (
    "core/v1/ConfigMap",
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicy",
    "admissionregistration.k8s.io/v1/ValidatingAdmissionPolicyBinding",
)


@pytest.fixture(scope="module")
def api_server(alone: Cluster) -> Cluster:
    """One of its own: the installation has the one name it has."""
    return alone


@pytest.fixture
def applied(api_server: Cluster, tmp_path: Path) -> Iterator[Installation]:
    """With a bundle in every entry, as the certificates' controller writes it."""
    installation = Installation(api_server, tmp_path / "installation")
    installation.render(json.dumps(POLICY))
    installation.apply()
    write_bundles(installation)
    yield installation
    # No controller ends the namespace; what is in it is the same for all.
    api_server.kubectl("delete", REFUSING, "-l", LABEL)
    installation.kubectl("delete", "configmaps", "-l", LABEL)


def write_bundles(installation: Installation) -> None:
    names = [webhook["name"] for webhook in installation.configuration()["webhooks"]]
    patch = {"webhooks": [{"name": name, "clientConfig": {"caBundle": BUNDLE}} for name in names]}
    which = ("mutatingwebhookconfiguration", CONFIGURATION)
    installation.cluster.kubectl("patch", *which, f"--field-manager={FIELD_MANAGER}", "--patch", json.dumps(patch))


def bundles(installation: Installation) -> set[str | None]:
    return {webhook["clientConfig"].get("caBundle") for webhook in installation.configuration()["webhooks"]}


def test_a_second_apply_finds_nothing_to_change(applied: Installation) -> None:
    before = applied.configuration()
    said = applied.apply()
    assert {line.split()[-1] for line in said if "poddisruptionbudget" not in line} == {"unchanged"}
    assert applied.configuration() == before
    assert applied.cluster.kubectl("diff", "-k", applied.folder) == ""


def test_what_registries_need_is_accepted_and_not_applied_again(applied: Installation, namespace: Namespaces) -> None:
    registries = {
        "docker.io": {"mirrors": ["mirror.example:5000", "[fd12::1]:5001"]},
        "registry.example": {"addresses": ["169.254.7.0/24", "fe80::/64", "127.0.0.0/8"], "plainHttp": True},
    }
    images = {"registries": registries, "credentials": "registries", "pullSecretsFrom": [namespace(), namespace()]}
    applied.render(json.dumps({**POLICY, "images": images}))
    applied.apply()
    assert {line.split()[-1] for line in applied.apply() if "poddisruptionbudget" not in line} == {"unchanged"}
    assert applied.cluster.kubectl("diff", "-k", applied.folder) == ""


def test_r65_bundles_survive_another_policy_and_the_other_way_to_apply(applied: Installation) -> None:
    applied.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", applied.folder)
    assert bundles(applied) == {BUNDLE}
    applied.render(json.dumps({**POLICY, "profiles": {**POLICY["profiles"], "web": {}}}))  # type: ignore[dict-item]
    applied.cluster.kubectl("apply", "--server-side", "-k", applied.folder)
    assert bundles(applied) == {BUNDLE, None}


def test_pruning_takes_what_is_no_longer_rendered_and_nothing_else(applied: Installation) -> None:
    applied.render("{}")
    applied.apply()
    allowed = [f"--prune-allowlist={kind}" for kind in PRUNED]
    said = applied.cluster.kubectl("apply", "-k", applied.folder, "--prune", "-l", LABEL, *allowed)
    gone = sorted(line.split("/")[0].split(".")[0] for line in said.splitlines() if line.endswith("pruned"))
    policies = ["validatingadmissionpolicy"] * 2 + ["validatingadmissionpolicybinding"] * 2
    assert gone == ["configmap", *policies]


def test_the_api_server_itself_refuses_pods_without_a_required_runtime(applied: Installation, namespace: Namespaces) -> None:
    """No label and no annotation of an author's opens a way. The webhook is not asked: its configuration is away."""
    cluster = applied.cluster
    cluster.kubectl("delete", "mutatingwebhookconfiguration", CONFIGURATION)
    for kind, name, spec in (
        ("Namespace", CAGED, {}),
        ("RuntimeClass", "gvisor", {"handler": "x"}),
        ("RuntimeClass", "kata", {"handler": "y"}),
    ):
        version = "v1" if kind == "Namespace" else "node.k8s.io/v1"
        cluster.apply({"apiVersion": version, "kind": kind, "metadata": {"name": name}, **spec})
    cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": CAGED}})
    until("the policy", lambda: not create(cluster, pod(CAGED, "app:1")).accepted)

    refused = create(cluster, pod(CAGED, "app:1"))
    assert refused.status == 422
    assert "richpod profile caged requires a runtime: runtimeClassName must be gvisor" in refused.body["message"]
    assert create(cluster, pod(CAGED, "app:1", runtimeClassName="gvisor")).accepted
    assert create(cluster, pod(CAGED, "app:1", runtimeClassName="kata")).status == 422
    disguised = pod(CAGED, "app:1")
    disguised["metadata"] |= {
        "labels": {"richpod.io/component": "richpod-webhook", "richpod.io/inject": "false"},
        "annotations": {"kubernetes.io/config.mirror": "x"},
    }
    assert not create(cluster, disguised).accepted

    free = namespace({"richpod.io/profile": "free"})
    until("the other policy", lambda: create(cluster, pod(free, "app:1")).status == 422)
    assert create(cluster, pod(free, "app:1", runtimeClassName="kata")).accepted
    assert create(cluster, pod(namespace(), "app:1")).accepted


@pytest.mark.parametrize(("profiles", "fits"), [(20, True), (40, False)])
def test_the_server_applies_what_kubectl_cannot_remember(applied: Installation, profiles: int, fits: bool) -> None:
    applied.render(json.dumps({"profiles": {f"team-{number}": {} for number in range(profiles)}}))
    if fits:
        applied.apply()
    else:
        with pytest.raises(subprocess.CalledProcessError) as refused:
            applied.apply()
        assert "metadata.annotations: Too long" in refused.value.stderr
    applied.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", applied.folder)
    assert len(applied.configuration()["webhooks"]) > 6 * profiles


def test_without_the_prometheus_operator_the_rest_is_applied_and_nothing_can_be_compared(
    api_server: Cluster, tmp_path: Path
) -> None:
    installation = Installation(api_server, tmp_path / "installation")
    installation.render("{}", "monitoring")
    with pytest.raises(subprocess.CalledProcessError) as applying:
        installation.apply()
    unknown = re.findall('no matches for kind "(.+?)"', applying.value.stderr)
    assert (applying.value.returncode, sorted(unknown)) == (1, ["PodMonitor", "PrometheusRule"])
    rendered = list(yaml.safe_load_all(stream(parse("{}"), ["monitoring"])))
    assert len(applying.value.stdout.splitlines()) == len(rendered) - len(unknown)
    with pytest.raises(subprocess.CalledProcessError) as comparing:
        api_server.kubectl("diff", "-k", installation.folder)
    assert comparing.value.stdout == ""


def test_kustomize_makes_of_the_files_what_the_stream_holds(api_server: Cluster, tmp_path: Path) -> None:
    """Components included, each with its changes of the others."""
    installation = Installation(api_server, tmp_path / "installation")
    installation.render(json.dumps(POLICY), *COMPONENTS)
    built = by_name(yaml.safe_load_all(api_server.kubectl("kustomize", installation.folder)))
    assert built == by_name(yaml.safe_load_all(stream(parse(json.dumps(POLICY)), sorted(COMPONENTS))))
