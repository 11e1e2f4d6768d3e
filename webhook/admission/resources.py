"""Resources of injected programs in Python, which need more than the toolkit's."""

from typing import Any

Json = dict[str, Any]

SMALL_RESOURCES: Json = {"requests": {"cpu": "10m", "memory": "24Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}}
EQUAL_RESOURCES: Json = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "100m", "memory": "64Mi"}}


def resources(spec: Json) -> Json:
    """Equal requests and limits where all others may have them, so that a Guaranteed pod stays one (requirement 35).

    The sidecar counts beside the application: what a pod states as a whole leaves no room for more.
    """
    if spec.get("resources"):
        return {}
    containers = [*(spec.get("initContainers") or ()), *spec["containers"]]
    limits = [(container.get("resources") or {}).get("limits") or {} for container in containers]
    return EQUAL_RESOURCES if all("cpu" in limit and "memory" in limit for limit in limits) else SMALL_RESOURCES
