"""When a Grant ends, by what the API shows of its pod."""

from typing import Any

import pytest

from tests.gateway.granted import ADDRESS, OWNER, grant, pod
from webhook.gateway.pods.ends import end, finished


def test_it_lasts_as_long_as_its_pod_runs() -> None:
    assert end(grant(), pod()) == ""


def test_a_pod_that_is_being_deleted_still_runs() -> None:
    assert end(grant(), pod(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})) == ""


@pytest.mark.parametrize("status", [{"podIPs": None, "podIP": None}, {"podIPs": [], "podIP": ""}])
def test_a_pod_whose_sandbox_is_made_anew_has_no_address_for_a_while(status: dict[str, Any]) -> None:
    assert end(grant(), pod(status=status)) == ""


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "the pod is gone"),
        (pod(metadata={"uid": "other"}), "another pod has its name"),
        (pod(status={"phase": "Succeeded"}), "the pod has ended (Succeeded)"),
        (pod(status={"phase": "Failed"}), "the pod has ended (Failed)"),
        (pod(status={"podIP": "10.0.0.9", "podIPs": [{"ip": "10.0.0.9"}]}), "the pod has another address"),
    ],
)
def test_it_ends(found: dict[str, Any] | None, why: str) -> None:
    assert end(grant(), found) == why


def test_a_second_address_of_another_family_changes_nothing() -> None:
    assert end(grant(), pod(status={"podIPs": [{"ip": ADDRESS}, {"ip": "2001:db8::9"}]})) == ""
    assert OWNER.uid == pod()["metadata"]["uid"]


@pytest.mark.parametrize(
    ("policy", "code", "over"), [("Always", 0, False), ("OnFailure", 1, False), ("OnFailure", 0, True), ("Never", 1, True)]
)
def test_a_program_that_the_kubelet_starts_again_has_not_ended(policy: str, code: int, over: bool) -> None:
    """Its sidecar says early that it has: the gateway looks for itself."""
    ended = {"containerStatuses": [{"state": {"terminated": {"exitCode": code}}}]}
    found = {"metadata": {}, "spec": {"restartPolicy": policy, "containers": [{}]}, "status": ended}
    assert bool(finished(found)) is over
