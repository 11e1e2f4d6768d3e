"""The certificates' controller: may write two Secrets and one configuration, each by its name (requirement 77)."""

from webhook.cli.manifests.manifest import RBAC, Json, Manifest, named, own
from webhook.cli.manifests.pods import (
    HEALTH,
    TO_API_SERVER,
    TO_DNS,
    UNPRIVILEGED,
    container,
    deployment,
    network_policy,
    probes,
)
from webhook.installation import (
    ADMISSION_PORT,
    AUTHORITY_SECRET,
    CERTS,
    CONFIGURATION,
    HEALTH_PORT,
    NAMESPACE,
    SERVING_SECRET,
    WEBHOOK,
)
from webhook.policy import Policy


def manifests(policy: Policy) -> list[Manifest]:
    return [
        Manifest(named("v1", "ServiceAccount", CERTS)),
        *_permitted("Role", NAMESPACE, "", "secrets", [AUTHORITY_SECRET, SERVING_SECRET], ["create"]),
        *_permitted("ClusterRole", None, "admissionregistration.k8s.io", "mutatingwebhookconfigurations", [CONFIGURATION], []),
        Manifest(deployment(CERTS, 1, {"type": "Recreate"}, _pod(policy)), "One at a time: two would rotate against each other."),
        Manifest(
            network_policy(CERTS, [HEALTH_PORT], _egress()),
            "To DNS, to the API server, and to each replica, to see what it serves. An API server on another port needs it here.",
        ),
    ]


def _permitted(
    kind: str, namespace: str | None, group: str, resource: str, names: list[str], more: list[str]
) -> tuple[Manifest, Manifest]:
    """A role, and its binding to the controller."""
    rule = {"apiGroups": [group], "resources": [resource], "resourceNames": names, "verbs": ["get", "watch", *more, "patch"]}
    role = {"apiGroup": RBAC.split("/")[0], "kind": kind, "name": CERTS}
    account = {"kind": "ServiceAccount", "name": CERTS, "namespace": NAMESPACE}
    return (
        Manifest(named(RBAC, kind, CERTS, namespace, rules=[rule])),
        Manifest(named(RBAC, f"{kind}Binding", CERTS, namespace, roleRef=role, subjects=[account])),
    )


def _egress() -> list[Json]:
    replicas = {
        "to": [{"podSelector": {"matchLabels": own(WEBHOOK)}}],
        "ports": [{"protocol": "TCP", "port": ADMISSION_PORT}],
    }
    return [TO_DNS, TO_API_SERVER, replicas]


def _pod(policy: Policy) -> Json:
    resources = {"requests": {"cpu": "10m", "memory": "96Mi"}, "limits": {"cpu": "1", "memory": "192Mi"}}
    return {
        "serviceAccountName": CERTS,
        "securityContext": UNPRIVILEGED,
        "containers": [container(policy, "certs", ports=[HEALTH], **probes(), resources=resources)],
    }
