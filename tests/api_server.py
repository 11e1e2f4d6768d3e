"""How kube-apiserver judges what a mutating webhook answers: every row seen on Kubernetes 1.36, as a model for tests.

An answer is accepted, or it is a CallError that failurePolicy decides about, or it rejects the pod whatever failurePolicy says.
The last kind is what a webhook must never cause by mistake. Requirement 80.
"""

import re
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Callable
from copy import deepcopy
from typing import Any, Literal, NamedTuple

import orjson

from tests import evanphx
from webhook.admission import shape
from webhook.errors import Malformed

Json = dict[str, Any]

_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]+(/[\w!#$&^.+-]+)?\s*(;.*)?")
_RETRIES = 10
_FROM_STATUS = {
    400: "the server rejected our request for an unknown reason",
    404: "the server could not find the requested resource",
    429: "the server has received too many requests and has asked us to try again later",
    503: "the server is currently unable to handle the request",
}


class Reply(NamedTuple):
    """An HTTP answer; header names are in lower case."""

    status: int
    headers: dict[str, str]
    body: bytes


class Admitted(NamedTuple):
    """The pod goes on; `warnings` are what the user reads."""

    pod: Json
    warnings: list[str]
    audit: dict[str, str]


class CallError(Exception):
    """`Error from server (InternalError)` under Fail; under Ignore the pod goes on unchanged and nobody hears of it."""


class Rejected(Exception):
    """The pod is not created under either failurePolicy."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


Call = Callable[[], Reply]


def create(call: Call, review: Json, failure_policy: Literal["Fail", "Ignore"], pause: Callable[[int], bool]) -> Admitted:
    """The creation of the review's pod. `pause(seconds)` says whether timeoutSeconds allow to wait that long and ask again."""
    try:
        return judge(_ask(call, pause), review)
    except CallError as error:
        if failure_policy == "Ignore":
            return Admitted(review["request"]["object"], [], {})
        raise Rejected(500, f"failed calling webhook: {error}") from None


def _ask(call: Call, pause: Callable[[int], bool]) -> Reply:
    """One answer, or another one after the seconds that Retry-After names (429 and 5xx only, integers only, 0 too)."""
    for retries in range(_RETRIES + 1):
        try:
            reply = call()
        except OSError as error:
            raise CallError(str(error)) from None
        wait = reply.headers.get("retry-after", "")
        if retries == _RETRIES or not wait.isdecimal() or not (reply.status == 429 or reply.status >= 500):
            break
        if not pause(int(wait)):
            raise CallError("context deadline exceeded")
    return reply


def judge(reply: Reply, review: Json) -> Admitted:
    """One answer to one review. Raises CallError or Rejected."""
    request = review["request"]
    response = _response(_decoded(reply), request["uid"])
    warnings = [w for w in dict.fromkeys(response.get("warnings") or ()) if w and w.isprintable()]
    audit = response.get("auditAnnotations") or {}
    operations = _operations(response)
    if not response["allowed"]:
        raise _denial(response.get("status") or {})
    return Admitted(_patched(request.get("object"), operations), warnings, audit)


def _decoded(reply: Reply) -> Any:
    if 300 <= reply.status < 400:
        raise AssertionError(f"the API server would follow this redirect to {reply.headers.get('location')}")
    if not 200 <= reply.status <= 206:
        body = reply.body.decode(errors="replace")
        said = f'an error on the server ("{body}") has prevented the request from succeeding' if reply.status >= 500 else ""
        unknown = f"the server responded with the status code {reply.status} but did not return more information"
        raise CallError(_FROM_STATUS.get(reply.status) or said or unknown)
    if not reply.body:
        raise CallError(f"0-length response with status code: {reply.status}")
    if (media_type := reply.headers.get("content-type")) and not _MEDIA_TYPE.fullmatch(media_type):
        raise CallError("mime: no media type")
    try:
        return orjson.loads(reply.body)
    except orjson.JSONDecodeError as error:
        raise CallError(f"couldn't get version/kind; json parse error: {error}") from None


def _response(answer: Any, uid: str) -> Json:
    if type(answer) is not dict:
        raise CallError("json: cannot unmarshal")
    if (answer.get("apiVersion"), answer.get("kind")) != ("admission.k8s.io/v1", "AdmissionReview"):
        raise CallError("expected webhook response of admission.k8s.io/v1, Kind=AdmissionReview")
    response = answer.get("response")
    if response is None:
        raise CallError("webhook response was absent")
    if response.get("uid") != uid:
        raise CallError(f'expected response.uid="{uid}"')
    allowed = response.get("allowed")
    if type(allowed) not in (bool, type(None)):
        raise CallError("json: cannot unmarshal into Go struct field .allowed of type bool")
    return {**response, "allowed": bool(allowed)}


def _operations(response: Json) -> list[Json]:
    """The operations of patch and patchType, which go together or not at all."""
    encoded, kind = response.get("patch"), response.get("patchType")
    try:
        text = b64decode((encoded or "").replace("\n", "").replace("\r", ""), validate=True)
    except NotBase64 as error:
        raise CallError(f"failed to call webhook: illegal base64 data: {error}") from None
    if text and kind is None:
        raise CallError("webhook returned response.patch but not response.patchType")
    if kind is not None and not text:
        raise CallError("webhook returned response.patchType but not response.patch")
    if kind is None or not response["allowed"]:
        return []
    if kind != "JSONPatch":
        raise CallError(f'unsupported patch type "{kind}"')
    try:
        operations = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise CallError(f"received undecodable patch in webhook response: {error}") from None
    if operations is None:
        return []
    if type(operations) is not list or not all(type(operation) is dict for operation in operations):
        raise CallError("received undecodable patch in webhook response: json: cannot unmarshal")
    return operations


def _denial(status: Json) -> Rejected:
    code = status.get("code") or 0
    said = status.get("message") or status.get("reason")
    explained = f"denied the request: {said}" if said else "denied the request without explanation"
    causes = (status.get("details") or {}).get("causes") or ()
    # kubectl prints the causes of an Invalid and nothing else.
    message = "\n".join(f"* {cause['field']}: {cause['message']}" for cause in causes) or f"admission webhook {explained}"
    return Rejected(code if code >= 400 else 400, message)


def _patched(pod: Any, operations: list[Json]) -> Any:
    """The pod after the patch, decoded as a Pod. What richpod never sends is judged as what does not apply (requirement 16)."""
    if not operations:
        return pod
    if pod is None:
        raise Rejected(500, "a patch without an object")
    if unknown := [operation["op"] for operation in operations if operation["op"] not in ("add", "replace")]:
        raise Rejected(500, f"Internal error occurred: Unexpected kind: {unknown[0]}")
    try:
        patched = evanphx.apply(deepcopy(pod), operations)
    except evanphx.DoesNotApply as error:
        raise Rejected(500, f"Internal error occurred: add operation does not apply: {error}") from None
    try:
        shape.check(patched)
    except Malformed as error:
        raise Rejected(500, f"json: cannot unmarshal: {error}") from None
    return patched
