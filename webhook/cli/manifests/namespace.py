"""The namespace of the installation."""

from webhook.admission.entries import ENFORCE
from webhook.cli.manifests.manifest import Manifest, named
from webhook.installation import NAMESPACE

CRITICAL = "system-cluster-critical"
"""The PriorityClass of the webhook: the last to be evicted, the first to be scheduled."""


def manifests() -> list[Manifest]:
    namespace = named("v1", "Namespace", NAMESPACE, None)
    namespace["metadata"]["labels"][ENFORCE] = "restricted"
    scope = {"operator": "In", "scopeName": "PriorityClass", "values": [CRITICAL]}
    quota = named(
        "v1",
        "ResourceQuota",
        "richpod-critical-pods",
        spec={"hard": {"pods": "100"}, "scopeSelector": {"matchExpressions": [scope]}},
    )
    return [
        Manifest(namespace),
        Manifest(quota, f"Some clusters allow {CRITICAL} outside kube-system only where a quota speaks of it."),
    ]
