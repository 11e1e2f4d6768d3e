"""The model of kube-apiserver knows every row of what was seen on the real one (requirement 80)."""

from base64 import b64encode
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from tests.api_server import Admitted, CallError, Rejected, Reply, create, judge
from tests.reviews import pod, review

Json = dict[str, Any]

REVIEW = review(pod())
UID = REVIEW["request"]["uid"]
ADD = {"op": "add", "path": "/metadata/labels", "value": {"a": "b"}}


def reply(code: int = 200, /, content_type: str = "application/json", kind: str = "AdmissionReview", **response: Any) -> Reply:
    answer = {"apiVersion": "admission.k8s.io/v1", "kind": kind, "response": {"uid": UID, "allowed": True, **response}}
    return Reply(code, {"content-type": content_type}, orjson.dumps(answer))


def raw(body: bytes, status: int = 200, **headers: str) -> Reply:
    return Reply(status, headers, body)


def encoded(patch: Any) -> str:
    return b64encode(orjson.dumps(patch)).decode()


def patching(*operations: Json) -> Reply:
    return reply(patch=encoded(operations), patchType="JSONPatch")


UNCHANGED = {
    "no patch": reply(),
    "empty patch without type": reply(patch=""),
    "both null": reply(patch=None, patchType=None),
    "no operation": reply(patch=encoded([]), patchType="JSONPatch"),
    "a patch of null": reply(patch=encoded(None), patchType="JSONPatch"),
    "a status beside allowed": reply(status={"code": 500, "message": "no"}),
    "another content type": reply(content_type="text/html; charset=utf-8"),
    "201": reply(201),
}
CALL_ERRORS = {
    "another status than 2xx": (raw(b"", 404), "could not find the requested resource"),
    "207": (reply(207), "status code 207"),
    "500, whose body the user sees": (raw(b"words", 500), '"words"'),
    "nothing": (raw(b"", 204), "0-length"),
    "not JSON": (raw(b"{"), "json parse error"),
    "a list": (raw(b"[]"), "cannot unmarshal"),
    "no media type": (reply(content_type=";;;"), "no media type"),
    "another kind": (reply(kind="Review"), "expected webhook response"),
    "the old version": (raw(b'{"apiVersion":"admission.k8s.io/v1beta1","kind":"AdmissionReview"}'), "expected webhook response"),
    "no response": (raw(b'{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview"}'), "absent"),
    "another uid": (reply(uid="other"), "expected response.uid"),
    "allowed is a string": (reply(allowed="true"), "type bool"),
    "a patch without type": (reply(patch=encoded([ADD])), "not response.patchType"),
    "a type without patch": (reply(patchType="JSONPatch"), "not response.patch"),
    "an empty type": (reply(patchType=""), "not response.patch"),
    "a merge patch": (reply(patch=encoded([ADD]), patchType="MergePatch"), "unsupported patch type"),
    "not base64": (reply(patch="%", patchType="JSONPatch"), "illegal base64"),
    "base64 for URLs": (reply(patch="_-__", patchType="JSONPatch"), "illegal base64"),
    "a patch that is an object": (reply(patch=encoded({}), patchType="JSONPatch"), "undecodable patch"),
    "a patch of strings": (reply(patch=encoded(["a"]), patchType="JSONPatch"), "undecodable patch"),
    "a patch with more behind it": (reply(patch=b64encode(b"[]g").decode(), patchType="JSONPatch"), "undecodable patch"),
}
REJECTED = {
    "below an absent parent": (patching({"op": "add", "path": "/spec/volumes/-", "value": {}}), 500, "does not apply"),
    "an index too far": (patching({"op": "add", "path": "/spec/containers/2", "value": {}}), 500, "does not apply"),
    "an unknown operation": (patching({"op": "upsert", "path": "/spec", "value": {}}), 500, "Unexpected kind"),
    "a failed test": (patching({"op": "test", "path": "/spec", "value": {}}), 500, "Internal error"),
    "a string for a number": (
        patching({"op": "add", "path": "/spec/terminationGracePeriodSeconds", "value": "5"}),
        500,
        "cannot unmarshal",
    ),
    "denied": (reply(allowed=False, status={"code": 422, "message": "no"}), 422, "denied the request: no"),
    "denied with a good code": (reply(allowed=False, status={"code": 200, "message": "no"}), 400, "denied the request: no"),
    "denied with a reason only": (reply(allowed=False, status={"code": 403, "reason": "Forbidden"}), 403, "Forbidden"),
    "denied in silence": (reply(allowed=False), 400, "without explanation"),
    "allowed is absent": (raw(reply().body.replace(b'"allowed":true', b'"x":1')), 400, "without explanation"),
    "denied with causes": (
        reply(allowed=False, status={"code": 422, "details": {"causes": [{"field": "spec.x", "message": "bad"}]}}),
        422,
        "* spec.x: bad",
    ),
    "denied, with a patch that would not apply": (
        reply(allowed=False, patch=encoded([{"op": "upsert", "path": ""}]), patchType="JSONPatch"),
        400,
        "denied",
    ),
}


def patient(seconds: int) -> bool:
    return True


@pytest.mark.parametrize("answer", UNCHANGED.values(), ids=UNCHANGED)
def test_an_answer_that_changes_nothing(answer: Reply) -> None:
    assert judge(answer, REVIEW).pod == REVIEW["request"]["object"]


@pytest.mark.parametrize(("answer", "message"), CALL_ERRORS.values(), ids=CALL_ERRORS)
def test_a_call_error_is_failure_policys_to_decide(answer: Reply, message: str) -> None:
    with pytest.raises(CallError, match=message):
        judge(answer, REVIEW)
    assert create(lambda: answer, REVIEW, "Ignore", patient) == Admitted(REVIEW["request"]["object"], [], {})
    with pytest.raises(Rejected, match="failed calling webhook"):
        create(lambda: answer, REVIEW, "Fail", patient)


@pytest.mark.parametrize(("answer", "code", "message"), REJECTED.values(), ids=REJECTED)
def test_a_rejection_holds_under_either_failure_policy(answer: Reply, code: int, message: str) -> None:
    for failure_policy in ("Fail", "Ignore"):
        with pytest.raises(Rejected, match=message.replace("*", r"\*")) as rejected:
            create(lambda: answer, REVIEW, failure_policy, patient)  # type: ignore[arg-type]
        assert rejected.value.code == code


def test_a_patch_is_applied() -> None:
    assert judge(patching(ADD), REVIEW).pod["metadata"]["labels"] == {"a": "b"}


def test_a_patch_without_an_object_rejects() -> None:
    with pytest.raises(Rejected, match="without an object"):
        judge(patching(ADD), review(None))


def test_line_breaks_inside_base64_are_accepted() -> None:
    text = encoded([ADD])
    assert judge(reply(patch=f"{text[:8]}\n{text[8:]}", patchType="JSONPatch"), REVIEW).pod["metadata"]["labels"]


def test_warnings_that_hold_a_control_character_are_dropped_and_twins_merged() -> None:
    assert judge(reply(warnings=["good", "bad\n", "good", ""]), REVIEW).warnings == ["good"]


def test_a_redirect_would_be_followed() -> None:
    with pytest.raises(AssertionError, match="elsewhere"):
        judge(raw(b"", 307, location="elsewhere"), REVIEW)


def test_a_failed_connection_is_a_call_error() -> None:
    def refused() -> Reply:
        raise ConnectionRefusedError("connection refused")

    assert create(refused, REVIEW, "Ignore", patient).pod == REVIEW["request"]["object"]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retry_after_makes_it_ask_again(status: int) -> None:
    answers = iter([raw(b"", status, **{"retry-after": "1"}), patching(ADD)])
    assert create(lambda: next(answers), REVIEW, "Fail", patient).pod["metadata"]["labels"]


def counted(answer: Reply) -> tuple[Iterator[Reply], list[int]]:
    asked: list[int] = []

    def answers() -> Iterator[Reply]:
        while True:
            asked.append(1)
            yield answer

    return answers(), asked


def test_retry_after_is_obeyed_ten_times() -> None:
    answers, asked = counted(raw(b"", 503, **{"retry-after": "0"}))
    with pytest.raises(Rejected):
        create(lambda: next(answers), REVIEW, "Fail", patient)
    assert len(asked) == 11


@pytest.mark.parametrize(("status", "wait"), [(404, "1"), (503, "soon"), (400, "1")])
def test_retry_after_elsewhere_is_not_obeyed(status: int, wait: str) -> None:
    answers, asked = counted(raw(b"", status, **{"retry-after": wait}))
    with pytest.raises(Rejected):
        create(lambda: next(answers), REVIEW, "Fail", patient)
    assert len(asked) == 1


def test_no_time_is_left_to_ask_again() -> None:
    with pytest.raises(Rejected, match="deadline exceeded"):
        create(lambda: raw(b"", 503, **{"retry-after": "1"}), REVIEW, "Fail", lambda seconds: False)
