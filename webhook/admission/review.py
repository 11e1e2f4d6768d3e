"""AdmissionReview in, AdmissionReview out: bytes to bytes, and what is worth logging about it.

Two failures never share a channel: a pod that is unsafe to run is answered `allowed: false`; a call we cannot make sense of
raises BadReview and becomes an HTTP status, so that failurePolicy decides.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, NamedTuple

import orjson
import pybase64

from webhook.admission import shape
from webhook.admission.context import Context
from webhook.admission.envelope import API_VERSION, Json, Metadata, Request, request_of
from webhook.admission.kubectl import denial, warnings
from webhook.admission.pipeline import Outcome, Wanted, mutate, unknown_profile
from webhook.admission.placement import misplaced
from webhook.admission.pod import NOTHING, Known, controller
from webhook.admission.verdicts import Verdict, summary
from webhook.admission.workloads import Workload
from webhook.errors import BadReview, Malformed
from webhook.policy import Policy
from webhook.printable import OBJECT_NAME, one_line

Decision = Literal["patched", "unchanged", "refused", "audited", "left-alone", "misdirected", "previewed"]

Judge = Callable[[Json, str], Outcome]
"""What becomes of a pod in a namespace."""


class Answer(NamedTuple):
    """The body to send with HTTP 200, and the facts of the decision: no value of the user's but names."""

    body: bytes
    decision: Decision
    uid: str
    namespace: str
    kind: str
    name: str
    operation: str
    operations: int
    verdicts: list[Verdict]
    wanted: Wanted | None
    """What may be found out first, for a better answer to the same body."""


def admit(body: bytes, context: Context, known: Known = NOTHING) -> Answer:
    """The answer to one review of the entry that `context` stands for. Raises BadReview."""
    return _admit(body, lambda pod, namespace: mutate(pod, namespace, context, known), context)


def admit_unknown_profile(body: bytes, policy: Policy, known: Known = NOTHING) -> Answer:
    """A namespace asks for a profile that no entry serves: nothing changes, and whoever creates the pod is told."""
    return _admit(body, lambda *_: unknown_profile(policy), None)


def _admit(body: bytes, judge: Judge, context: Context | None) -> Answer:
    request = request_of(body)
    pod = _pod(request)
    if pod is None:
        return answer(request, Outcome(left_alone="not the creation of a pod"), "misdirected")
    try:
        # The namespace in the object is what a client wrote; the request's is where the pod goes (requirement 48).
        outcome = _remarked(judge(pod, request.get("namespace") or ""), pod, context)
    except Exception:
        # The API server sends well-formed pods only: whether this one is, is asked when it has done harm, not every time.
        _refuse_malformed(pod)
        raise
    audited = context is not None and context.profile.mode == "audit"
    return answer(request, outcome, _decision(outcome, audited), audited)


def _pod(request: Request) -> Any:
    """The pod that is being created; None for every other call a wrong rule may send (requirements 12 and 13)."""
    kind = request.get("kind") or {}
    if request.get("operation") != "CREATE" or request.get("subResource") or request.get("object") is None:
        return None
    if (kind.get("group") or "", kind.get("version"), kind.get("kind")) != ("", "v1", "Pod"):
        return None
    return request["object"]


def _remarked(outcome: Outcome, pod: Any, context: Context | None) -> Outcome:
    """With what whoever wrote the pod must know of its labels; who wrote a workload has read it in the preview."""
    if outcome.left_alone or controller(pod.get("metadata") or {}):
        return outcome
    return replace(outcome, verdicts=[*outcome.verdicts, *misplaced(Workload(pod, ()), context)])


def _decision(outcome: Outcome, audited: bool) -> Decision:
    if outcome.left_alone:
        return "left-alone"
    if audited:
        return "audited"
    if outcome.refused:
        return "refused"
    return "patched" if outcome.operations else "unchanged"


def _refuse_malformed(pod: Any) -> None:
    try:
        shape.check(pod)
    except Malformed as error:
        raise malformed(error, "Pod") from None


def malformed(error: Malformed, kind: str) -> BadReview:
    """What says that an object is not shaped like its kind."""
    return BadReview(400, f"the object is not a {kind}", f"request.object{one_line(str(error), 300)}")


def answer(request: Request, outcome: Outcome, decision: Decision, audited: bool = False) -> Answer:
    """The answer that says a decision; `audited`: people are told that nothing of it was done."""
    response: Json = {"uid": request["uid"], "allowed": decision != "refused"}
    name = _name(request)
    if decision == "refused":
        response["status"] = denial(outcome.refused, name)
    elif outcome.operations:
        response["patchType"] = "JSONPatch"
        response["patch"] = pybase64.b64encode_as_string(orjson.dumps(outcome.operations))
    if outcome.verdicts:
        # What the denial says kubectl prints from there.
        told = outcome.verdicts if decision != "refused" else [v for v in outcome.verdicts if v.outcome != "refused"]
        if said := warnings(told, name, audited, lambda: _explain(request, decision)):
            response["warnings"] = said
        response["auditAnnotations"] = _audit(outcome)
    return Answer(
        orjson.dumps({"apiVersion": API_VERSION, "kind": "AdmissionReview", "response": response}),
        decision,
        request["uid"],
        request.get("namespace") or "",
        (request.get("kind") or {}).get("kind") or "",
        name,
        request.get("operation") or "",
        len(outcome.operations),
        outcome.verdicts,
        outcome.wanted,
    )


def _name(request: Request) -> str:
    """The object's name, or the generateName that controllers send instead (requirement 47)."""
    metadata: Metadata = (request.get("object") or {}).get("metadata") or {}
    name = request.get("name") or metadata.get("name") or metadata.get("generateName")
    return name if type(name) is str else ""


def _explain(request: Request, decision: Decision) -> str:
    """The command that says all, by the policy that runs, where the object can be asked for by then; else "".

    Names are not validated yet, and this one is to be pasted into a shell. A dry run gets the same answer (requirement 53).
    """
    kind, name = (request.get("kind") or {}).get("kind"), request.get("name") or ""
    if not kind or decision == "refused" or not OBJECT_NAME.fullmatch(name):
        return ""
    return f"richpod explain {kind.lower()}/{name} -n {request.get('namespace')}"


def _audit(outcome: Outcome) -> dict[str, str]:
    """A second pass uses keys of its own: the API server refuses another value (requirement 56)."""
    suffix = "-again" if outcome.again else ""
    return {feature + suffix: said for feature, said in summary(outcome.verdicts).items()}
