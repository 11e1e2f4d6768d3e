"""The MutatingWebhookConfiguration: what the API server sends to whom (requirements 50 to 52)."""

from collections.abc import Iterable

from webhook.admission.entries import Entry, Requirement, Rule, entries
from webhook.admission.preview_entries import preview_entries
from webhook.cli.manifests.manifest import Json, Manifest, named
from webhook.installation import CONFIGURATION, NAMESPACE, SERVICE
from webhook.policy import Policy

KIND = ("admissionregistration.k8s.io/v1", "MutatingWebhookConfiguration")


def manifests(policy: Policy) -> list[Manifest]:
    webhooks = [_webhook(entry) for entry in (*entries(policy), *preview_entries(policy))]
    why = (
        "No caBundle: the certificates' controller writes it into each entry, and applying this file again leaves it there. "
        "Deleting this object switches richpod off."
    )
    return [Manifest(named(*KIND, CONFIGURATION, None, webhooks=webhooks), why)]


def _webhook(entry: Entry) -> Json:
    """What is a default of the API server's and matters is written down all the same."""
    pods = {"objectSelector": selector(entry.pod)} if entry.pod else {}
    conditions = {"matchConditions": [condition._asdict() for condition in entry.conditions]} if entry.conditions else {}
    return {
        "name": entry.name,
        "clientConfig": {"service": {"namespace": NAMESPACE, "name": SERVICE, "path": entry.path, "port": 443}},
        "rules": [rule(which) for which in entry.rules],
        "namespaceSelector": selector(entry.namespace),
        **pods,
        **conditions,
        "failurePolicy": entry.failure_policy,
        "timeoutSeconds": entry.timeout_seconds,
        "reinvocationPolicy": entry.reinvocation_policy,
        "matchPolicy": "Equivalent",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }


def rule(which: Rule) -> Json:
    return {
        "operations": list(which.operations),
        "apiGroups": [which.group],
        "apiVersions": ["v1"],
        "resources": list(which.resources),
        "scope": "Namespaced",
    }


def selector(requirements: Iterable[Requirement]) -> Json:
    expressions = [{"key": r.key, "operator": r.operator, "values": list(r.values)} for r in requirements]
    return {"matchExpressions": [{key: value for key, value in e.items() if value} for e in expressions]}
