"""What the Deployments of an installation have in common: pods that satisfy Pod Security restricted (requirement 79)."""

from typing import Any

from webhook.cli.manifests.manifest import Json, named, own
from webhook.installation import HEALTH_PORT, NAMESPACE
from webhook.policy import Policy

LOCKED = {
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
}
"""Of every container; nothing is written below the root of the image."""
UNPRIVILEGED = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
"""Of every pod; the image says which user."""


def deployment(workload: str, replicas: int, strategy: Json, pod: Json) -> Json:
    spec = {
        "replicas": replicas,
        "strategy": strategy,
        "selector": {"matchLabels": own(workload)},
        "template": {"metadata": {"labels": own(workload)}, "spec": pod},
    }
    return named("apps/v1", "Deployment", workload, spec=spec)


def container(policy: Policy, *arguments: str, **more: Any) -> Json:
    """Runs one command of the image `richpod`, named like it."""
    run = {"image": policy.image.richpod, "args": list(arguments), "securityContext": LOCKED}
    return {"name": arguments[0], **run, **more}


def port(name: str, number: int) -> Json:
    return {"name": name, "containerPort": number}


HEALTH = port("health", HEALTH_PORT)
"""Of every container: probes and metrics."""


HEALTHY, READY = ({"httpGet": {"path": path, "port": HEALTH_PORT}} for path in ("/healthz", "/readyz"))
"""What probes ask."""


def probes() -> Json:
    """A process may start slowly on a busy node, must then answer, and is called only while it says that it is ready."""
    return {
        "startupProbe": {**HEALTHY, "periodSeconds": 1, "failureThreshold": 60},
        "livenessProbe": {**HEALTHY, "periodSeconds": 10, "timeoutSeconds": 5, "failureThreshold": 3},
        "readinessProbe": {**READY, "periodSeconds": 2, "timeoutSeconds": 2, "failureThreshold": 2},
    }


TO_DNS: Json = {"ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")]}
TO_API_SERVER: Json = {"ports": [{"protocol": "TCP", "port": port} for port in (443, 6443)]}
"""Of a network policy: at any address, since it is no pod that a selector could name."""


def network_policy(workload: str, ingress: list[int], egress: list[Json], namespace: str = NAMESPACE) -> Json:
    """`ingress`: ports that anybody may reach; the API server and the kubelet are no pods that a selector could name."""
    # The API server drops an empty list, and kubectl would apply it again and again.
    outgoing = {"egress": egress} if egress else {}
    spec = {
        "podSelector": {"matchLabels": own(workload)},
        "policyTypes": ["Ingress", "Egress"],
        "ingress": [{"ports": [{"protocol": "TCP", "port": port} for port in ingress]}],
        **outgoing,
    }
    return named("networking.k8s.io/v1", "NetworkPolicy", workload, namespace, spec=spec)
