"""Which webhook entry previews which workload, as data beside the entries for pods: warnings to whoever applies a Deployment.

Selectors cannot tell what they must: the labels of a workload are not those of its pods, and namespaces whose pods may opt in are
all the others. So an entry says by matchConditions when a call is worth its while, and the pod's labels are judged by code.
"""

from dataclasses import replace

from webhook.admission.entries import ASKED, INJECT, Condition, Entry, Rule, entries
from webhook.policy import Policy

KINDS = {"apps": ("Deployment", "StatefulSet", "DaemonSet"), "batch": ("Job", "CronJob")}
"""What is previewed: the workloads that people write, by group; all of version v1."""

_RULES = tuple(Rule(group, tuple(f"{kind.lower()}s" for kind in kinds), ("CREATE", "UPDATE")) for group, kinds in KINDS.items())

# No expression may fail on an object that lacks something: under Ignore the call would be skipped in silence (requirement 51).
# Nobody reads a warning that a controller gets; where controllers share one identity it is the second.
_READ = Condition(
    "somebody-reads-it",
    "!('system:serviceaccounts:kube-system' in request.userInfo.?groups.orValue([]))"
    " && request.userInfo.?username.orValue('') != 'system:kube-controller-manager'",
)
_CHANGED = Condition(
    "what-decides-has-changed",
    "request.operation == 'CREATE' || object.?spec != oldObject.?spec"
    " || object.?metadata.?annotations != oldObject.?metadata.?annotations"
    " || object.?metadata.?labels != oldObject.?metadata.?labels",
)
_ASKED = Condition(
    "the-pod-asks",
    f"object.?spec.?template.?metadata.?labels[?'{INJECT}'].orValue('') == 'true'"
    f" || object.?spec.?jobTemplate.?spec.?template.?metadata.?labels[?'{INJECT}'].orValue('') == 'true'",
)


def preview_entries(policy: Policy) -> tuple[Entry, ...]:
    """One for each of `entries`, for the same namespaces, in the same order; names are unique among both (requirement 52)."""
    return tuple(_preview_entry(entry) for entry in entries(policy))


def _preview_entry(entry: Entry) -> Entry:
    return replace(
        entry,
        name=f"preview.{entry.name}",
        path=preview_path(entry),
        pod=(),
        failure_policy="Ignore",
        rules=_RULES,
        timeout_seconds=1,
        reinvocation_policy="Never",
        conditions=(_READ, _CHANGED, _ASKED) if ASKED in entry.pod else (_READ, _CHANGED),
    )


def preview_path(entry: Entry) -> str:
    """The path that answers previews of the pods of an entry."""
    return f"/preview/{entry.path.removeprefix('/mutate/').removeprefix('/')}"
