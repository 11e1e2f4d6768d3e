"""The namespace of the installation, and what a component's own is made of, too."""

from webhook.admission.entries import ENFORCE
from webhook.cli.manifests.manifest import Json, Manifest, named
from webhook.installation import NAMESPACE
from webhook.policy import Level

CRITICAL = "system-cluster-critical"
"""The PriorityClass of the webhook: the last to be evicted, the first to be scheduled."""


def manifests() -> list[Manifest]:
    return [Manifest(namespace(NAMESPACE, "restricted")), critical_pods("richpod-critical-pods", NAMESPACE, CRITICAL, "100")]


def namespace(name: str, level: Level) -> Json:
    """`level`: of Pod Security, enforced there."""
    made = named("v1", "Namespace", name, None)
    made["metadata"]["labels"][ENFORCE] = level
    return made


def critical_pods(name: str, namespace: str, priority: str, most: str) -> Manifest:
    """`most`: a quantity as the API server writes it, else `kubectl apply` would write it again and again."""
    scope = {"operator": "In", "scopeName": "PriorityClass", "values": [priority]}
    spec = {"hard": {"pods": most}, "scopeSelector": {"matchExpressions": [scope]}}
    why = f"Some clusters allow {priority} outside kube-system only where a quota speaks of it."
    return Manifest(named("v1", "ResourceQuota", name, namespace, spec=spec), why)
