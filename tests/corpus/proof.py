"""What must hold for every pod, whatever becomes of it."""

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import jsonpatch
import orjson

from tests import evanphx
from tests.additive import lost
from tests.corpus import pod_schema
from tests.corpus.doors import Case
from tests.in_tree import Cluster, RuntimeClass, create
from tests.pod_security import violations
from tests.qos import qos_class
from tests.reviews import answer, operations, review
from tests.valid_pod import problems as broken_rules
from webhook.admission.context import Context
from webhook.admission.pipeline import mutate
from webhook.admission.review import admit

Json = dict[str, Any]

_LIMITS = {"default": {"cpu": "1", "memory": "512Mi"}, "defaultRequest": {"cpu": "50m", "memory": "64Mi"}}


def problems(case: Case) -> list[str]:
    """One sentence for each promise that is broken: both doors, then the pod as written and as the API server sends it."""
    if case.context is None:
        return ["a patch, though no entry sees the pod"] if case.patch else []
    response = answer(case.pod, case.context, case.namespace)
    found = []
    if operations(response) != case.patch:
        found.append("command and webhook give different patches")
    if response["allowed"] == case.refused:
        found.append("command and webhook do not agree whether the pod is refused")
    found += (f"as written: {problem}" for problem in _of_pass(case.pod, case.namespace, case.context))
    sent = create(case.pod, [], _cluster(case.pod))
    found += (f"as sent: {problem}" for problem in _of_pass(sent, case.namespace, case.context))
    return found


def _of_pass(before: Json, namespace: str, context: Context) -> Iterator[str]:
    """What one call of the webhook makes of a pod, and what a second one adds."""
    inside = deepcopy(before)
    outcome = mutate(inside, namespace, context)
    response = answer(before, context, namespace)
    patch = operations(response)
    body = orjson.dumps(review(before, namespace))
    if admit(body, context).body != admit(body, context).body:
        yield "the same review gets two answers"
    if not patch:
        yield from _untouched(before, inside, response, bool(outcome.verdicts))
        return
    if odd := {operation["op"] for operation in patch} - {"add", "replace"}:
        yield f"the patch holds {odd}"
    after = jsonpatch.apply_patch(before, patch)
    if canonical(after) != canonical(inside):
        yield "RFC 6902 makes another pod of the patch than the one it was recorded on"
    if canonical(evanphx.apply(before, patch)) != canonical(after):
        yield "the API server makes another pod of the patch than RFC 6902"
    yield from (f"lost {path}" for path in lost(before, after))
    yield from _new(before, after, context)
    if qos_class(before) == "Guaranteed" != qos_class(after):
        yield "no longer Guaranteed"
    yield from (f"a second pass {problem}" for problem in _again(after, namespace, context))
    later = create(after, [], _cluster(after))
    yield from (f"a second pass after the in-tree plug-ins {problem}" for problem in _again(later, namespace, context))


def _again(pod: Json, namespace: str, context: Context) -> Iterator[str]:
    response = answer(pod, context, namespace)
    if not response["allowed"]:
        yield "refuses it"
    if patch := operations(response):
        yield f"changes it again: {patch}"


def _untouched(before: Json, inside: Json, response: Json, said: bool) -> Iterator[str]:
    if orjson.dumps(inside) != orjson.dumps(before):
        yield "changed in place, without a patch"
    if unexpected := response.keys() - {"uid", "allowed"} - ({"warnings", "auditAnnotations", "status"} if said else set()):
        yield f"the answer about an untouched pod holds {unexpected}"


def _new(before: Json, after: Json, context: Context) -> Iterator[str]:
    """Errors that the patched pod has and the untouched one has not."""
    yield from (f"JSON schema: {error}" for error in pod_schema.errors(after) - pod_schema.errors(before))
    known = {*broken_rules(before), *violations(before, context.level)}
    yield from (problem for problem in (*broken_rules(after), *violations(after, context.level)) if problem not in known)


def _cluster(pod: Json) -> Cluster:
    """One that takes the pod as it is, and fills in all that in-tree plug-ins can fill in."""
    own = RuntimeClass(pod["spec"].get("overhead"))
    gvisor = RuntimeClass(None, {"sandbox": "gvisor"}, ({"key": "sandbox", "operator": "Exists"},))
    return Cluster({pod["spec"].get("runtimeClassName"): own, "gvisor": gvisor}, _LIMITS)


def canonical(value: Any) -> bytes:
    """Tells 1 from true and 1.0, which `==` does not; the order of members means nothing in JSON."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
