"""docs/persist.md: its examples do what it says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from webhook.admission.context import Context
from webhook.admission.crowding import crowded
from webhook.admission.persist_annotation import MOST
from webhook.admission.pipeline import Outcome, mutate
from webhook.admission.qos import qos_class
from webhook.admission.toolkit import SMALL_RESOURCES
from webhook.admission.workloads import Workload, pod, workloads
from webhook.inpod.contract import FILL_CONTAINER
from webhook.policy.file import parse

Json = dict[str, Any]

PAGE = (Path(__file__).parents[1] / "docs/persist.md").read_text()
STATEFUL_SET, DEPLOYMENT, POLICY = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)


def shown(text: str, **changes: Any) -> Workload:
    """An example of the page with another spec."""
    manifest = yaml.safe_load(text)
    manifest["spec"] |= changes
    (workload,) = workloads(manifest)
    return workload


def judged(workload: Workload) -> tuple[Json, Outcome]:
    """The pod, treated, and all that is said, as `dry-run` has it."""
    sent = pod(workload, "shop")
    outcome = mutate(sent, "shop", Context(parse(POLICY), "default", "restricted"))
    return sent["spec"], outcome.within(list(crowded(workload, outcome.verdicts)))


@pytest.mark.parametrize(
    ("text", "path", "claim"), [(STATEFUL_SET, "/var/lib/shop", "data-shop-0"), (DEPLOYMENT, "/srv/wiki", "wiki")]
)
def test_each_example_keeps_its_folder_in_its_claim(text: str, path: str, claim: str) -> None:
    spec, outcome = judged(shown(text))
    assert [(each.feature, each.outcome, each.reason) for each in outcome.verdicts] == [
        ("persist", "applied", ""),
        ("init", "applied", ""),
    ]
    (mount,) = (each for each in spec["containers"][0]["volumeMounts"] if each["mountPath"] == path)
    (volume,) = (each for each in spec["volumes"] if each["name"] == mount["name"])
    assert (mount["subPath"], volume["persistentVolumeClaim"]) == ("data", {"claimName": claim})
    assert [each["name"] for each in spec["initContainers"]][-1] == f"{FILL_CONTAINER}0"
    assert f"`{FILL_CONTAINER}0`" in PAGE


def test_more_pods_than_the_single_one_are_refused_and_the_next_beside_it_is_warned_about() -> None:
    _, refused = judged(shown(DEPLOYMENT, replicas=2))
    assert [each.field for each in refused.refused] == ["spec.replicas"]
    _, warned = judged(shown(DEPLOYMENT, strategy={}))
    assert [each.fix for each in warned.verdicts if each.reason == "shared-claim"] == ["strategy: {type: Recreate}"]


def test_its_number_is_the_code_s() -> None:
    assert f"- Absolute folders, {MOST} at most" in PAGE


def test_the_last_folder_is_filled_first() -> None:
    manifest = yaml.safe_load(STATEFUL_SET)
    manifest["spec"]["volumeClaimTemplates"].append({"metadata": {"name": "more"}})
    folders = '[{"path": "/a", "claim": "data"}, {"path": "/b", "claim": "more"}]'
    manifest["spec"]["template"]["metadata"]["annotations"]["richpod.io/persist"] = folders
    (workload,) = workloads(manifest)
    spec, _ = judged(workload)
    fillers = {each["name"]: each["command"][2] for each in spec["initContainers"][1:]}
    assert [*fillers.items()] == [(f"{FILL_CONTAINER}1", "/b"), (f"{FILL_CONTAINER}0", "/a")]
    assert f"`{FILL_CONTAINER}1` for the second of the annotation and so on; the last one's runs first" in PAGE


def test_it_says_what_a_pod_without_resources_gets() -> None:
    requests, limits = (" and ".join(SMALL_RESOURCES[kind].values()) for kind in ("requests", "limits"))
    assert f"requests of {requests}, limits of {limits}." in PAGE
    spec, _ = judged(shown(STATEFUL_SET))
    assert spec["initContainers"][-1]["resources"] == SMALL_RESOURCES
    assert qos_class(spec) == "Burstable"
