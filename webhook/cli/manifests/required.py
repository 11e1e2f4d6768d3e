"""What a profile requires, the API server itself requires of pods, whatever became of the webhook.

There is no exemption for mirror pods nor for richpod's own label: an author can write both.
"""

import json

from webhook.admission.entries import ENFORCE, PODS, Entry, entries
from webhook.cli.manifests import authorized
from webhook.cli.manifests.configuration import rule, selector
from webhook.cli.manifests.manifest import Json, Manifest, named
from webhook.policy import Policy, Profile

API_VERSION = "admissionregistration.k8s.io/v1"


def manifests(policy: Policy) -> list[Manifest]:
    """For each required profile one policy, and a binding for each way in which namespaces come to it."""
    return [
        manifest
        for name, profile in sorted(policy.profiles.items())
        if profile.required
        for manifest in (_policy(policy, name, profile), *_bindings(policy, name))
    ]


def _policy(policy: Policy, name: str, profile: Profile) -> Manifest:
    authorize = "authorize" in profile.required
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": [rule(PODS)]},
        **({"variables": authorized.VARIABLES} if authorize else {}),
        "validations": [
            *([_runtime(policy, name, profile)] if "runtime" in profile.required else []),
            *(_authorized(policy, name) if authorize else []),
        ],
    }
    required = " and ".join(_WORDS[each] for each in profile.required)
    why = f"No pod of profile {name} without {required}, even where the webhook or its configuration is gone."
    return Manifest(named(API_VERSION, "ValidatingAdmissionPolicy", _name(name), None, spec=spec), why)


_WORDS = {"runtime": "its runtime", "authorize": "its authorization"}


def _runtime(policy: Policy, name: str, profile: Profile) -> Json:
    classes = accepted(policy, profile)
    one_of = classes[0] if len(classes) == 1 else f"one of {', '.join(classes)}"
    said = f"richpod profile {name} requires a runtime: runtimeClassName must be {one_of}"
    return _validation(f"object.spec.?runtimeClassName.orValue('') in {json.dumps(classes)}", said)


def _authorized(policy: Policy, name: str) -> list[Json]:
    about = f"richpod profile {name} requires authorization"
    return [
        _validation(each.expression, f"{about}: the pod's first init container {each.said}")
        for each in authorized.rules(policy, name)
    ]


def _validation(expression: str, message: str) -> Json:
    return {"expression": expression, "message": message, "reason": "Invalid"}


def _bindings(policy: Policy, name: str) -> list[Manifest]:
    """The same selection as the profile's entries, which are one for each Pod Security level."""
    ways = {entry.name.split(".", 1)[1]: entry for entry in entries(policy) if entry.profile == name}
    return [Manifest(_binding(f"required.{way}", name, entry)) for way, entry in ways.items()]


def _binding(name: str, profile: str, entry: Entry) -> Json:
    pods = {"objectSelector": selector(entry.pod)} if entry.pod else {}
    namespaces = selector(requirement for requirement in entry.namespace if requirement.key != ENFORCE)
    spec = {
        "policyName": _name(profile),
        "validationActions": ["Deny"],
        "matchResources": {"namespaceSelector": namespaces, **pods},
    }
    return named(API_VERSION, "ValidatingAdmissionPolicyBinding", name, None, spec=spec)


def accepted(policy: Policy, profile: Profile) -> list[str]:
    """Classes that the webhook sets or keeps: the profile's own, and all of the policy where pods may choose."""
    chosen = policy.runtimes if "runtime" in profile.allow else [profile.features.runtime]
    return sorted({policy.runtimes[name].class_ for name in chosen if name is not None})


def _name(profile: str) -> str:
    return f"required.{profile}.richpod.io"
