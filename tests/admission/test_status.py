"""The status that a pod carries: what was done to it, and by which policy."""

from typing import Any

import orjson

from tests.reviews import answer, context, operations, patched, pod
from webhook import __version__
from webhook.admission.patch import ALLOWED

Json = dict[str, Any]


def status(after: Json) -> Json:
    found: Json = orjson.loads(after["metadata"]["annotations"]["richpod.io/status"])
    return found


def test_the_status_says_version_profile_policy_and_verdicts() -> None:
    entry = context({"profiles": {"default": {"features": {"init": "launch", "lxcfs": True}}}}, level="baseline")
    assert status(patched(pod(), entry)) == {
        "version": __version__,
        "profile": "default",
        "policy": entry.policy.hash,
        "verdicts": {"lxcfs": "skipped: conflict", "init": "applied"},
    }


def test_a_status_alone_is_never_a_reason_for_a_patch() -> None:
    assert "patch" not in answer(pod(annotations={"richpod.io/status": "forged"}), context({"profiles": {"default": {}}}))


def test_a_copied_status_is_replaced_with_the_truth() -> None:
    after = patched(pod(annotations={"richpod.io/status": "copied"}), context())
    assert status(after)["verdicts"] == {"init": "applied"}


def test_r21_the_status_is_left_out_where_it_would_burst_the_limit() -> None:
    sent = pod(annotations={"filler": "x" * (256 * 1024 - 20)})
    response = answer(sent, context())
    assert response["auditAnnotations"] == {"init": "applied", "pod": "skipped: annotations-full"}
    assert not [o for o in operations(response) if o["path"].startswith("/metadata")]


def test_r56_a_second_pass_writes_its_audit_under_keys_of_its_own() -> None:
    """The API server refuses another value for a key that the first pass has written."""
    after = patched(pod(), context())
    assert answer(after, context())["auditAnnotations"] == {"init-again": "applied"}


def test_the_list_of_what_may_be_replaced_is_complete_and_no_longer_than_it_must_be() -> None:
    """That nothing else is ever altered is a law; here every line of the list is needed by some feature."""
    profile = {"features": {"init": "launch", "hooks": {"poststop": ["/opt/tidy.sh"]}, "debug": "java", "mirrors": True}}
    spec = {
        "terminationGracePeriodSeconds": 30,
        "initContainers": [{"name": "i", "image": "i:1"}],
        "containers": [{"name": "app", "image": "a:1", "command": ["/a"], "livenessProbe": {"httpGet": {"port": 1}}}],
        "volumes": [{"name": "m", "image": {"reference": "m:1"}}],
    }
    sent = pod(spec, {"richpod.io/status": "copied"})
    response = answer(sent, context({"mirrors": {"docker.io/": "m.example/"}, "profiles": {"default": profile}}))
    replaced = [operation["path"] for operation in operations(response) if operation["op"] == "replace"]
    assert {pattern for pattern, _ in ALLOWED for path in replaced if pattern.fullmatch(path)} == {p for p, _ in ALLOWED}
