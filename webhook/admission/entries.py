"""Which webhook entry sees which pod, as data: the selectors of a MutatingWebhookConfiguration, evaluated here by `dry-run`.

The webhook never reads a Namespace: selectors choose profile and Pod Security level, and the URL path carries both. Exactly one
entry matches any opted-in pod and none any other; there is no order among them.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from webhook.inpod.contract import PREFIX
from webhook.policy import LEVELS, Level, Policy, Profile

INJECT = f"{PREFIX}inject"
PROFILE = f"{PREFIX}profile"
ENFORCE = "pod-security.kubernetes.io/enforce"
NAME = "kubernetes.io/metadata.name"
"""The one namespace label that a namespace's editor cannot forge."""

UNKNOWN_PROFILE_PATH = "/unknown-profile"


class Requirement(NamedTuple):
    """One matchExpression of a label selector."""

    key: str
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    values: tuple[str, ...] = ()

    def holds(self, labels: Mapping[str, str]) -> bool:
        """As metav1.LabelSelector: NotIn holds for an absent label, too."""
        match self.operator:
            case "In":
                return labels.get(self.key) in self.values
            case "NotIn":
                return labels.get(self.key) not in self.values
            case "Exists":
                return self.key in labels
            case "DoesNotExist":
                return self.key not in labels


Requirements = tuple[Requirement, ...]

WANTED = Requirement(INJECT, "NotIn", ("false",))
ASKED = Requirement(INJECT, "In", ("true",))


class Rule(NamedTuple):
    """One element of an entry's `rules`: objects in namespaces, version v1 of their group."""

    group: str
    resources: tuple[str, ...]
    operations: tuple[Literal["CREATE", "UPDATE"], ...]


PODS = Rule("", ("pods",), ("CREATE",))


class Condition(NamedTuple):
    """One element of an entry's `matchConditions`: `expression` is CEL and true where the webhook is called."""

    name: str
    expression: str


@dataclass(frozen=True)
class Entry:
    """One element of `webhooks`; `level` is None where its profile is unknown.

    What is a field here may differ between entries, and holds for pods where nothing else is said (requirement 50). The same
    in all: scope Namespaced, apiVersions and admissionReviewVersions [v1], matchPolicy Equivalent, sideEffects None.
    Without requirements on the `pod` there is no objectSelector.
    """

    name: str
    path: str
    profile: str
    level: Level | None
    namespace: Requirements
    pod: Requirements
    failure_policy: Literal["Fail", "Ignore"]
    rules: tuple[Rule, ...] = (PODS,)
    timeout_seconds: int = 5
    reinvocation_policy: Literal["IfNeeded", "Never"] = "IfNeeded"
    conditions: tuple[Condition, ...] = ()

    def matches(self, namespace_labels: Mapping[str, str], pod_labels: Mapping[str, str]) -> bool:
        return all(r.holds(namespace_labels) for r in self.namespace) and all(r.holds(pod_labels) for r in self.pod)


def entries(policy: Policy) -> tuple[Entry, ...]:
    """All entries for pods, in a stable order; names are FQDN-like and stable (requirement 52)."""
    return tuple(_entries(policy))


def opt_out(profile: Profile | None) -> Requirements:
    """What a pod's own label must not say; a required profile leaves no way out. None: an unknown profile."""
    return () if profile is not None and profile.required else (WANTED,)


def selectable(policy: Policy) -> tuple[str, ...]:
    """The profiles that a namespace's label can select: those that list no namespaces."""
    return tuple(sorted(name for name, profile in policy.profiles.items() if not profile.namespaces))


def _entries(policy: Policy) -> Iterator[Entry]:
    named = sorted(n for profile in policy.profiles.values() for n in profile.namespaces)
    elsewhere = Requirement(NAME, "NotIn", (*sorted(policy.excluded), *named))
    for name, profile in sorted(policy.profiles.items()):
        failure: Literal["Fail", "Ignore"] = "Fail" if profile.required else "Ignore"
        for way, namespace, pod in _ways(policy, name, profile, elsewhere):
            for level in LEVELS:
                selector = (*namespace, _enforces(level, policy.pod_security_default))
                yield Entry(f"{level}.{name}.{way}.richpod.io", f"/mutate/{name}/{level}", name, level, selector, pod, failure)
    for way, namespace in _unknown(selectable(policy), elsewhere):
        yield Entry(f"unknown.{way}.richpod.io", UNKNOWN_PROFILE_PATH, "", None, namespace, opt_out(None), "Ignore")


def _ways(
    policy: Policy, name: str, profile: Profile, elsewhere: Requirement
) -> Iterator[tuple[str, Requirements, Requirements]]:
    """How pods come to a profile: a word for it, and what it asks of namespace and pod."""
    out = opt_out(profile)
    if profile.namespaces:
        yield "namespace", (Requirement(NAME, "In", tuple(sorted(profile.namespaces))), *out), out
        return
    yield "profile", (elsewhere, Requirement(PROFILE, "In", (name,)), WANTED), out
    if name == "default":
        unlabelled = Requirement(PROFILE, "DoesNotExist")
        yield "inject", (elsewhere, unlabelled, ASKED), out
        if policy.pod_opt_in:
            yield "pod", (elsewhere, unlabelled, Requirement(INJECT, "DoesNotExist")), (ASKED,)


def _unknown(by_label: tuple[str, ...], elsewhere: Requirement) -> Iterator[tuple[str, Requirements]]:
    """How namespaces ask for a profile that does not exist."""
    # NotIn without values would be refused by the API server.
    others = (Requirement(PROFILE, "NotIn", by_label),) if by_label else ()
    yield "profile", (elsewhere, Requirement(PROFILE, "Exists"), *others, WANTED)
    if "default" not in by_label:
        yield "inject", (elsewhere, Requirement(PROFILE, "DoesNotExist"), ASKED)


def _enforces(level: Level, default: Level) -> Requirement:
    """A namespace without the label enforces the cluster's default. (The API server refuses other values of the label.)"""
    if level == default:
        return Requirement(ENFORCE, "NotIn", tuple(other for other in LEVELS if other != level))
    return Requirement(ENFORCE, "In", (level,))


def match(candidates: tuple[Entry, ...], namespace_labels: Mapping[str, str], pod_labels: Mapping[str, str]) -> Entry | None:
    """The entry that the API server would call for a pod; None where it calls none."""
    return next((e for e in candidates if e.matches(namespace_labels, pod_labels)), None)
