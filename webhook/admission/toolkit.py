"""The toolkit: richpod's static binaries, read-only at /.richpod, delivered only when an element needs them."""

from functools import cache
from typing import Any

from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.pod import Pod
from webhook.inpod.contract import (
    IMAGE_LAUNCH,
    NO_TOKEN_VOLUME,
    SERVICE_ACCOUNT_PATH,
    TOOLKIT_CONTAINER,
    TOOLKIT_ROOT,
    TOOLKIT_VOLUME,
)

Json = dict[str, Any]

RESTRICTED_SECURITY_CONTEXT: Json = {
    "runAsNonRoot": True,
    "runAsUser": 65532,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}
"""Passes Pod Security restricted (requirement 39)."""

# Init containers count by maximum, so a roomy limit costs a pod nothing.
SMALL_RESOURCES: Json = {"requests": {"cpu": "10m", "memory": "16Mi"}, "limits": {"cpu": "500m", "memory": "64Mi"}}

MOUNT: Json = {"name": TOOLKIT_VOLUME, "mountPath": TOOLKIT_ROOT, "readOnly": True}
# An empty directory in place of the API token (requirement 32).
NOTHING: Json = {"name": NO_TOKEN_VOLUME, "emptyDir": {"sizeLimit": "1Mi"}}
NO_TOKEN_MOUNT: Json = {"name": NO_TOKEN_VOLUME, "mountPath": SERVICE_ACCOUNT_PATH, "readOnly": True}


def deliver(pod: Pod, containers: list[Container], context: Context) -> str:
    """Mounts the toolkit in `containers` and brings it into the pod, as far as either is missing.

    Returns what was noteworthy about it, or "". Raises Skip where the runtime cannot have it.
    """
    conflict = meet(f"toolkit:{context.policy.toolkit.delivery}", pod.held)
    for container in containers:
        if container.mounted_at(TOOLKIT_ROOT) is None:
            pod.add_mounts(container, [MOUNT])
    _bring(pod, context, memory=conflict is not None and conflict.effect == "adapt")
    return conflict.why if conflict is not None and conflict.effect == "warn" else ""


def _bring(pod: Pod, context: Context, memory: bool) -> None:
    """What is missing of the way an earlier pass chose, else of the policy's way (requirement 27: somebody may remove parts)."""
    volume = next((v for v in pod.spec.get("volumes") or () if v["name"] == TOOLKIT_VOLUME), None)
    copied = any(raw.get("name") == TOOLKIT_CONTAINER for raw in pod.spec.get("initContainers") or ())
    if volume is None and not copied and context.policy.toolkit.delivery == "image":
        pod.add_volumes([{"name": TOOLKIT_VOLUME, "image": {"reference": context.policy.image.toolkit}}])
    elif volume is None or "image" not in volume:
        pod.add_volumes(_copy_volumes(memory))
        if not copied:
            pod.add_init_container_first(_copier(context.policy.image.toolkit, resources(pod.spec)))


@cache
def _copy_volumes(memory: bool) -> list[Json]:
    return [
        {"name": TOOLKIT_VOLUME, "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"} if memory else {"sizeLimit": "64Mi"}},
        NOTHING,
    ]


def _copier(image: str, resources: Json) -> Json:
    """The init container that copies the toolkit: no shell, no API token (requirements 22, 32, 34, 39)."""
    return {
        "name": TOOLKIT_CONTAINER,
        "image": image,
        "command": [IMAGE_LAUNCH, "install", TOOLKIT_ROOT],
        "resources": resources,
        "securityContext": RESTRICTED_SECURITY_CONTEXT,
        "volumeMounts": [
            {"name": TOOLKIT_VOLUME, "mountPath": TOOLKIT_ROOT},
            NO_TOKEN_MOUNT,
        ],
    }


def resources(spec: Json) -> Json:
    """Resources of an injected init container that no quota, LimitRange or QoS class notices (requirements 34, 35).

    With pod-level resources exactly the pod's: a container may not ask for more. Otherwise, for cpu and memory each, what the
    first container states: a LimitRange admits it already, it is Guaranteed where that is, and it raises nothing, because init
    containers count by maximum. Where that states nothing: small requests and roomy limits.
    """
    if pod_level := spec.get("resources"):
        return _stated(pod_level, {})
    return _stated(spec["containers"][0].get("resources") or {}, SMALL_RESOURCES)


def _quantity(value: Any) -> str:
    if type(value) not in (str, int, float):
        raise TypeError("a quantity is text or a number")
    return str(value)


def _stated(given: Json, otherwise: Json) -> Json:
    """Requests and limits of cpu and memory; a request that is absent takes the limit (v1 defaulting)."""
    limits, requests = given.get("limits") or {}, given.get("requests") or {}
    found: Json = {"requests": {}, "limits": {}}
    for key in ("cpu", "memory"):
        if key in limits or key in requests:
            found["requests"][key] = _quantity(requests.get(key, limits.get(key)))
            if key in limits:
                found["limits"][key] = _quantity(limits[key])
        elif otherwise:
            for kind in found:
                found[kind][key] = otherwise[kind][key]
    return found
