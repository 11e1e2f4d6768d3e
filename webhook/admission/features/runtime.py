"""Fills an empty runtimeClassName, so that workloads that must be isolated are; overhead and scheduling follow in-tree.

Only the name, only where it is empty (requirement 36). A class may be exempt from Pod Security, so naming one is a privilege: in
a profile that speaks of runtimes, by a default or by allowing pods to choose, a class the pod names itself counts as its request
and is kept where the profile allows it, refused where it does not (requirement 37). Elsewhere it is none of our business: who
opts a namespace in for its init must not stop every pod there that runs under a vendor's class.
"""

from webhook.admission.conditions import conditions
from webhook.admission.conflicts import meet
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict, annotated
from webhook.errors import Refuse
from webhook.nearest import nearest

_FIELD = "spec.runtimeClassName"
_ANNOTATION = "metadata.annotations[richpod.io/runtime]"


def apply(pod: Pod, option: str | None, context: Context) -> list[Verdict]:
    default, asked = context.defaults["runtime"], "runtime" in pod.asked
    present = pod.spec.get("runtimeClassName")
    if default is None and not asked and "runtime" not in context.allow:
        return []
    if present is not None:
        return _kept(pod, present, option, context)
    if not option:
        if "runtime" in context.profile.required:
            raise Refuse(
                "required", f"profile {context.profile_name} requires a runtime", annotated("runtime", str(default)), _ANNOTATION
            )
        return []
    runtime = context.policy.runtimes.get(option)
    if runtime is None:
        known = ", ".join(context.policy.runtimes) or "none"
        sentence = f"runtime {option} is not defined{nearest(option, context.policy.runtimes)} (known: {known})"
        raise Refuse("unknown-runtime", sentence, "richpod.io/runtime: NAME", _ANNOTATION)
    warning = _unsuited(pod, runtime.kind, context)
    pod.patch.add(pod.spec, "/spec", "runtimeClassName", runtime.class_)
    return [Verdict("runtime", "applied", "unproved" if warning else "", warning or f"runs under {option}")]


def _kept(pod: Pod, present: str, option: str | None, context: Context) -> list[Verdict]:
    """The pod names a class: its request, or ours of an earlier pass."""
    name = context.runtime_names.get(present)
    if name is None or (name != context.defaults["runtime"] and "runtime" not in context.allow):
        sentence = f"runtimeClassName {present} is not allowed by profile {context.profile_name}"
        raise Refuse("not-allowed", sentence, "remove runtimeClassName", _FIELD)
    if "runtime" in pod.asked and option != name:
        sentence = f"runtimeClassName is {present}, the annotation asks for {option}"
        raise Refuse("contradiction", sentence, annotated("runtime", name), _ANNOTATION)
    warning = _unsuited(pod, context.runtime_kind(present), context)
    return [Verdict("runtime", "applied", "unproved" if warning else "", warning or f"runs under {name}")]


def _unsuited(pod: Pod, kind: str, context: Context) -> str:
    """Raises Refuse where the pod wants what this runtime cannot do; returns a warning or ""."""
    conflict = meet(f"runtime:{kind}", conditions(pod.spec, pod.job, context.level, kind))
    return conflict.why if conflict is not None else ""


FEATURE = Feature("runtime", apply, {"runtime": str.strip}, vital=True, always=True)
