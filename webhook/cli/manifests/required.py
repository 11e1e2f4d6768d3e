"""Where a profile requires a runtime, the API server itself refuses pods without it, whatever became of the webhook.

There is no exemption for mirror pods nor for richpod's own label: an author can write both.
"""

import json

from webhook.admission.entries import ENFORCE, PODS, Entry, entries
from webhook.cli.manifests.configuration import rule, selector
from webhook.cli.manifests.manifest import Json, Manifest, named
from webhook.policy import Policy, Profile

API_VERSION = "admissionregistration.k8s.io/v1"


def manifests(policy: Policy) -> list[Manifest]:
    """For each required profile one policy, and a binding for each way in which namespaces come to it."""
    return [
        manifest
        for name, profile in sorted(policy.profiles.items())
        if "runtime" in profile.required
        for manifest in (_policy(policy, name, profile), *_bindings(policy, name))
    ]


def _policy(policy: Policy, name: str, profile: Profile) -> Manifest:
    classes = accepted(policy, profile)
    one_of = classes[0] if len(classes) == 1 else f"one of {', '.join(classes)}"
    validation = {
        "expression": f"object.spec.?runtimeClassName.orValue('') in {json.dumps(classes)}",
        "message": f"richpod profile {name} requires a runtime: runtimeClassName must be {one_of}",
        "reason": "Invalid",
    }
    spec = {
        "failurePolicy": "Fail",
        "matchConstraints": {"matchPolicy": "Equivalent", "resourceRules": [rule(PODS)]},
        "validations": [validation],
    }
    why = f"No pod of profile {name} without its runtime, even where the webhook or its configuration is gone."
    return Manifest(named(API_VERSION, "ValidatingAdmissionPolicy", _name(name), None, spec=spec), why)


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
