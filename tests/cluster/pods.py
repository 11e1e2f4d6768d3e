"""Pods as tests write them."""

from .access import Object


def pod(namespace: str, image: str, *command: str, **spec: object) -> Object:
    """One container `main` in a pod `subject`, killed a second after it was asked to stop. `spec`: more fields of the pod's."""
    container = {"name": "main", "image": image, "imagePullPolicy": "Never", "command": list(command)}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "subject", "namespace": namespace, "labels": {"app": "subject"}, "annotations": {}},
        "spec": {"containers": [container], "restartPolicy": "Never", "terminationGracePeriodSeconds": 1, **spec},
    }
