"""AdmissionReview of a workload in, the verdicts on its pods out: warnings to whoever applies it, never a patch, never a denial.

Who writes a Deployment sees no warning about its pods: controllers create them.
"""

from webhook.admission.context import Context
from webhook.admission.crowding import crowded
from webhook.admission.entries import opt_out
from webhook.admission.envelope import Request, request_of
from webhook.admission.pipeline import Outcome, mutate, unknown_profile
from webhook.admission.placement import misplaced
from webhook.admission.pod import NOTHING, Known
from webhook.admission.preview_entries import KINDS
from webhook.admission.review import Answer, Judge, answer, malformed
from webhook.admission.shape import misshapen
from webhook.admission.workloads import Workload, pod, workloads
from webhook.policy import Policy


def preview(body: bytes, context: Context, known: Known = NOTHING) -> Answer:
    """The answer to one review of a workload whose pods the entry of `context` would see. Raises BadReview."""
    return _preview(body, lambda pod, namespace: mutate(pod, namespace, context, known), context)


def preview_unknown_profile(body: bytes, policy: Policy, known: Known = NOTHING) -> Answer:
    """A namespace asks for a profile that no entry serves: whoever writes the workload can be told, its controller cannot."""
    return _preview(body, lambda *_: unknown_profile(policy), None)


def _preview(body: bytes, judge: Judge, context: Context | None) -> Answer:
    request = request_of(body)
    workload = _workload(request)
    if workload is None:
        return answer(request, Outcome(left_alone="no workload that is previewed"), "misdirected")
    try:
        outcome = _outcome(workload, request.get("namespace") or "", judge, context)
    except Exception:
        # As with pods: what the API server sends is well-formed, so that is asked when something has done harm.
        if error := next(misshapen(workload), None):
            raise malformed(error, workload.kind) from None
        raise
    return answer(request, outcome, "previewed", context is not None and context.profile.mode == "audit")


def _workload(request: Request) -> Workload | None:
    """What is created or changed; None for every other call a wrong rule may send."""
    kind, manifest = request.get("kind") or {}, request.get("object")
    if request.get("operation") not in ("CREATE", "UPDATE") or request.get("subResource") or manifest is None:
        return None
    group, name = kind.get("group") or "", kind.get("kind")
    if kind.get("version") != "v1" or name not in KINDS.get(group, ()):
        return None
    (workload,) = workloads({"apiVersion": f"{group}/v1", "kind": name, **manifest})
    return workload


def _outcome(workload: Workload, namespace: str, judge: Judge, context: Context | None) -> Outcome:
    """As `dry-run` has it; a pod that its template's labels take out is passed over in silence."""
    raw = pod(workload, namespace)
    labels = raw["metadata"].get("labels") or {}
    if not all(requirement.holds(labels) for requirement in opt_out(context.profile if context else None)):
        return Outcome(left_alone="the pod opts out")
    # Before the pod is judged, which may change what it shares with the template.
    around = list(misplaced(workload, context))
    found = judge(raw, namespace)
    judged = Outcome(verdicts=found.verdicts, wanted=found.wanted)
    return judged.within([*around, *crowded(workload, found.verdicts)])
