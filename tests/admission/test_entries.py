"""Who is called for which pod: every combination of labels, and the rules of precedence (design: opting in)."""

import re
from itertools import product

import pytest

from webhook.admission.entries import (
    ENFORCE,
    INJECT,
    NAME,
    PODS,
    PROFILE,
    UNKNOWN_PROFILE_PATH,
    Entry,
    Requirement,
    Rule,
    entries,
    match,
)
from webhook.policy import Policy

Labels = dict[str, str]

POLICIES = {
    "the default policy": Policy(),
    "pods may opt in": Policy.model_validate({"podOptIn": True}),
    "all sorts of profiles": Policy.model_validate(
        {
            "podOptIn": True,
            "podSecurityDefault": "baseline",
            "excludedNamespaces": ["infra"],
            "runtimes": {"gvisor": {"class": "gvisor", "kind": "gvisor"}},
            "profiles": {
                "web": {},
                "listed": {"namespaces": ["ops", "tools"]},
                "isolated": {"required": ["runtime"], "features": {"runtime": "gvisor"}},
                "secure": {"required": ["runtime"], "features": {"runtime": "gvisor"}, "namespaces": ["payments"]},
            },
        }
    ),
    "a default for listed namespaces": Policy.model_validate(
        {"podOptIn": True, "podSecurityDefault": "restricted", "profiles": {"default": {"namespaces": ["ops"]}, "web": {}}}
    ),
}
NAMESPACES = ("shop", "ops", "payments", "infra", "kube-system", "richpod-system")
INJECTS = (None, "true", "false", "yes", "")
PROFILES = (None, "default", "web", "listed", "isolated", "secure", "nobody", "")
LEVELS = (None, "privileged", "baseline", "restricted")


def labels(**chosen: str | None) -> Labels:
    keys = {"name": NAME, "inject": INJECT, "profile": PROFILE, "enforce": ENFORCE}
    return {keys[key]: value for key, value in chosen.items() if value is not None}


def expected(policy: Policy, namespace: Labels, pod: Labels) -> str | None:
    """The profile that the documented rules choose, "?" for the answer to an unknown one, None for no call."""
    if namespace[NAME] in policy.excluded:
        return None
    listing = next((name for name, profile in policy.profiles.items() if namespace[NAME] in profile.namespaces), None)
    if listing is not None:
        opted_out = "false" in (namespace.get(INJECT), pod.get(INJECT))
        return None if opted_out and not policy.profiles[listing].required else listing
    if namespace.get(INJECT) == "false":
        return None
    chosen = namespace.get(PROFILE, "default" if namespace.get(INJECT) == "true" else None)
    if chosen is None:
        opted_in = policy.pod_opt_in and INJECT not in namespace and pod.get(INJECT) == "true"
        return "default" if opted_in and not policy.profiles["default"].namespaces else None
    profile = policy.profiles.get(chosen)
    if profile is not None and not profile.namespaces:
        return None if pod.get(INJECT) == "false" and not profile.required else chosen
    return None if pod.get(INJECT) == "false" else "?"


@pytest.mark.parametrize("name", POLICIES)
def test_exactly_one_entry_matches_an_opted_in_pod_and_none_any_other(name: str) -> None:
    policy = POLICIES[name]
    rendered = entries(policy)
    for where, inject, profile, level, pod_inject in product(NAMESPACES, INJECTS, PROFILES, LEVELS, INJECTS):
        namespace = labels(name=where, inject=inject, profile=profile, enforce=level)
        pod = labels(inject=pod_inject)
        found = [entry for entry in rendered if entry.matches(namespace, pod)]
        chosen = expected(policy, namespace, pod)
        assert len(found) == (chosen is not None), (namespace, pod, found)
        assert match(rendered, namespace, pod) == (found[0] if found else None)
        if chosen == "?":
            assert (found[0].path, found[0].level) == (UNKNOWN_PROFILE_PATH, None)
        elif chosen is not None:
            enforced = level or policy.pod_security_default
            assert (found[0].profile, found[0].level) == (chosen, enforced), (namespace, pod)
            assert found[0].path == f"/mutate/{chosen}/{enforced}"


def called(policy: str, namespace: Labels, pod: Labels | None = None) -> Entry | None:
    return match(entries(POLICIES[policy]), namespace, pod or {})


SORTS = "all sorts of profiles"


def test_r45_excluded_namespaces_beat_every_label() -> None:
    for where in ("kube-system", "kube-public", "kube-node-lease", "richpod-system", "richpod-lxcfs", "infra"):
        for profile, inject in product(PROFILES, INJECTS):
            assert called(SORTS, labels(name=where, inject=inject, profile=profile), labels(inject="true")) is None


def test_a_namespaces_inject_false_beats_its_profile_and_a_pods_inject_true() -> None:
    assert called(SORTS, labels(name="shop", inject="false", profile="web"), labels(inject="true")) is None


def test_profile_beats_inject_true() -> None:
    entry = called(SORTS, labels(name="shop", inject="true", profile="web"))
    assert entry is not None
    assert entry.profile == "web"


def test_a_pods_inject_true_gets_the_default_profile_only_where_the_policy_allows_it() -> None:
    entry = called("pods may opt in", labels(name="shop"), labels(inject="true"))
    assert entry is not None
    assert entry.profile == "default"
    assert called("the default policy", labels(name="shop"), labels(inject="true")) is None


def test_a_required_profile_has_no_opt_out_and_fails_closed() -> None:
    for namespace in (labels(name="payments", inject="false"), labels(name="shop", profile="isolated")):
        entry = called(SORTS, namespace, labels(inject="false"))
        assert entry is not None
        assert entry.failure_policy == "Fail"


def test_every_other_profile_fails_open() -> None:
    required = {"isolated", "secure"}
    assert {e.failure_policy for e in entries(POLICIES[SORTS]) if e.profile not in required} == {"Ignore"}


def test_a_profile_with_listed_namespaces_is_never_selected_by_label() -> None:
    entry = called(SORTS, labels(name="shop", profile="listed"))
    assert entry is not None
    assert entry.path == UNKNOWN_PROFILE_PATH


def test_a_listed_namespace_gets_its_profile_whatever_its_labels_say() -> None:
    for profile, inject in product(PROFILES, (None, "true", "yes")):
        entry = called(SORTS, labels(name="tools", profile=profile, inject=inject))
        assert entry is not None
        assert entry.profile == "listed"


@pytest.mark.parametrize("name", POLICIES)
def test_r50_every_entry_is_called_for_created_pods_alone_and_waited_for_5_seconds_at_most(name: str) -> None:
    assert Rule("", ("pods",), ("CREATE",)) == PODS
    for entry in entries(POLICIES[name]):
        assert (entry.rules, entry.reinvocation_policy, entry.conditions) == ((PODS,), "IfNeeded", ())
        assert entry.timeout_seconds <= 5


@pytest.mark.parametrize("name", POLICIES)
def test_r52_names_are_valid_unique_and_stable(name: str) -> None:
    policy = POLICIES[name]
    names = [entry.name for entry in entries(policy)]
    label = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
    assert all(re.fullmatch(rf"{label}(\.{label}){{2,}}", name) and len(name) <= 253 for name in names)
    assert not any(name.endswith(".static.k8s.io") for name in names)
    assert len(set(names)) == len(names)
    effective = policy.effective()
    turned = {**effective, "profiles": dict(reversed(effective["profiles"].items()))}
    assert [entry.name for entry in entries(Policy.model_validate(turned))] == names


def test_paths_are_what_the_api_server_accepts() -> None:
    """Segments like DNS labels, none empty, no query."""
    for policy in POLICIES.values():
        assert all(re.fullmatch(r"(/[a-z0-9]([-a-z0-9]*[a-z0-9])?)+", entry.path) for entry in entries(policy))


@pytest.mark.parametrize(
    ("requirement", "holding", "others"),
    [
        (Requirement("a", "In", ("x", "y")), [{"a": "x"}, {"a": "y"}], [{}, {"a": "z"}, {"b": "x"}]),
        (Requirement("a", "NotIn", ("x",)), [{}, {"a": "y"}], [{"a": "x"}]),
        (Requirement("a", "Exists"), [{"a": ""}], [{}]),
        (Requirement("a", "DoesNotExist"), [{}], [{"a": ""}]),
    ],
)
def test_requirements_hold_as_label_selectors_do(requirement: Requirement, holding: list[Labels], others: list[Labels]) -> None:
    assert all(requirement.holds(found) for found in holding)
    assert not any(requirement.holds(found) for found in others)
