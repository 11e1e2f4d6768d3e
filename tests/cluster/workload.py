"""Deployments as tests write them, the pods that they make, and how long all of these take."""

import json
from time import monotonic

from .access import Cluster, Object


def deployment(namespace: str, name: str, replicas: int, image: str, *command: str) -> Object:
    """One container `main`, ready as soon as it runs; small, so that many fit on one node."""
    container = {
        "name": "main",
        "image": image,
        "imagePullPolicy": "Never",
        "command": list(command),
        "resources": {"requests": {"cpu": "1m", "memory": "1Mi"}},
    }
    labels = {"app": name}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 1}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


def pods(cluster: Cluster, namespace: str) -> list[Object]:
    """All of a namespace that are not about to end."""
    found = json.loads(cluster.kubectl("-n", namespace, "get", "pods", "-o", "json"))["items"]
    return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]


def rolled_out(cluster: Cluster, deployment: Object, seconds: int = 300) -> float:
    """Seconds from its creation until every pod is ready."""
    metadata = deployment["metadata"]
    begun = monotonic()
    cluster.apply(deployment)
    name = f"deployment/{metadata['name']}"
    cluster.kubectl("-n", metadata["namespace"], "rollout", "status", name, f"--timeout={seconds}s")
    return monotonic() - begun
