"""What an admission costs is decided by what runs for it: our own few modules, no copy, no diff, no model of a pod."""

import sys
from types import FrameType
from typing import Any

import orjson

from tests.reviews import context, pod, review
from webhook.admission.review import admit

POLICY = {
    "mirrors": {"docker.io/": "mirror.example.com/"},
    "volumes": {"nfs": {"source": {"nfs": {"server": "files", "path": "/"}}, "mountPath": "/nfs"}},
    "profiles": {"default": {"features": {"init": "launch", "lxcfs": True, "mirrors": True, "volumes": ["nfs"]}}},
}
FOREIGN = {
    "webhook.images.reference",
    "webhook.policy.hooks",
    "webhook.policy.paths",
    "posixpath",
    "posix",
    "builtins",
    "sys",
    "msgspec.json",
    "orjson",
    "pybase64._pybase64",
    "namedtuple_Answer",
    "namedtuple_Verdict",
}


def test_hardly_anything_but_our_own_code_runs_for_a_pod() -> None:
    """Nothing of copy, jsonpatch, pydantic, kubernetes, logging or a regular expression over the body."""
    body, entry = orjson.dumps(review(pod())), context(POLICY)
    admit(body, entry)  # what is computed once for a policy is computed now
    called: set[str] = set()

    def record(frame: FrameType, event: str, argument: Any) -> None:
        if event == "call":
            called.add(frame.f_globals["__name__"])
        elif event == "c_call":
            called.add(argument.__module__ or "builtins")

    sys.setprofile(record)
    try:
        answer = admit(body, entry)
    finally:
        sys.setprofile(None)
    assert [verdict.outcome for verdict in answer.verdicts] == ["applied"] * 4
    assert {name for name in called if not name.startswith("webhook.admission.")} <= FOREIGN
