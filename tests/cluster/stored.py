"""Pods as the API server stores them."""

import json
import re

from .access import Object


def comparable(pod: Object) -> Object:
    """A stored pod without what is made anew for each, and with volumes and mounts in the order of names: the server's own
    token volume comes before our volumes or behind them."""
    found: Object = json.loads(re.sub(r"kube-api-access-\w{5}", "kube-api-access", json.dumps(pod)))
    metadata, spec = found["metadata"], found["spec"]
    for key in ("creationTimestamp", "managedFields", "namespace", "uid"):
        metadata.pop(key)
    if "generateName" in metadata:
        metadata.pop("name")
    spec.get("volumes", []).sort(key=lambda volume: volume["name"])
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        container.get("volumeMounts", []).sort(key=lambda mount: mount["mountPath"])
    return found
