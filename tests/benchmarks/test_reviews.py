"""The bodies that are measured are what they claim: valid pods, as the API server sends them."""

import orjson
import pytest

from benchmarks import reviews
from benchmarks.transform import LAUNCH, LXCFS
from tests.corpus.pod_schema import errors
from tests.valid_pod import problems
from webhook.admission.context import Context
from webhook.admission.review import admit
from webhook.policy import Policy

BODIES = {"small": reviews.SMALL, "typical": reviews.TYPICAL, "large": reviews.LARGE}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_measured_pod_is_valid(body: bytes) -> None:
    pod = orjson.loads(body)["request"]["object"]
    assert problems(pod) == []
    assert not errors(pod)


@pytest.mark.parametrize("policy", [LAUNCH, LXCFS], ids=["launch", "launch+lxcfs"])
@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_measured_pod_gets_everything_the_policy_says(body: bytes, policy: Policy) -> None:
    answer = admit(body, Context(policy, "default", "privileged"))
    assert answer.decision == "patched"
    assert {verdict.outcome for verdict in answer.verdicts} == {"applied"}


def test_every_field_the_controller_sets_is_managed() -> None:
    """A field without an owner would make the body smaller than a real one."""
    pod = orjson.loads(reviews.TYPICAL)["request"]["object"]
    managed = pod["metadata"]["managedFields"][0]["fieldsV1"]["f:spec"]
    added_by_plugins = {"tolerations", "priority", "preemptionPolicy"}
    assert {key.removeprefix("f:") for key in managed} == pod["spec"].keys() - added_by_plugins
    environment = managed["f:containers"]['k:{"name":"web"}']["f:env"]
    assert len(environment) == 1 + len(pod["spec"]["containers"][0]["env"])
