"""A cluster's webhooks in a row, richpod among them, and the policy it has there."""

from typing import Any

from tests.in_tree import Cluster, RuntimeClass
from tests.strategies import RUNTIMES
from webhook.inpod.contract import RESERVED, TOOLKIT_ROOT

Json = dict[str, Any]

CLUSTER = Cluster({r["class"]: RuntimeClass() for r in RUNTIMES.values()})
RICH: Json = {"profiles": {"default": {"features": {"init": "launch", "lxcfs": True}}}}


def ours(found: Json) -> dict[str, Any]:
    """All that richpod put into a pod, by its place: containers, volumes, mounts and the elements before each argv."""
    spec = found["spec"]
    parts: dict[str, Any] = {}
    for container in [*spec.get("initContainers", []), *spec["containers"]]:
        if container["name"].startswith(RESERVED):
            parts[container["name"]] = container
        for mount in container.get("volumeMounts", []):
            if mount["name"].startswith(RESERVED):
                parts[f"{container['name']} {mount['name']}"] = mount
        if any(word.startswith(TOOLKIT_ROOT) for word in container.get("command", [])):
            parts[f"{container['name']} argv"] = container["command"]
    return parts | {volume["name"]: volume for volume in spec.get("volumes", []) if volume["name"].startswith(RESERVED)}
