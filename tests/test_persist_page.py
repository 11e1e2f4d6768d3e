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
