"""Pod Security Standards as the API server's admission plug-in judges them, for the fields richpod and its tests use."""

from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]
LEVELS = ("privileged", "baseline", "restricted")

_BASELINE_CAPABILITIES = frozenset(
    (
        *("AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"),
        *("NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"),
    )
)
_RESTRICTED_SOURCES = frozenset(
    ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "persistentVolumeClaim", "projected", "secret"]
)


def violations(pod: Json, level: str) -> list[str]:
    """One line for each rule of a level that a pod breaks; they name fields and containers, never their place."""
    found = [] if level == "privileged" else list(_baseline(pod["spec"]))
    return found + list(_restricted(pod["spec"])) if level == "restricted" else found


def _every(spec: Json) -> list[Json]:
    return [*(spec.get("initContainers") or ()), *spec["containers"]]


def _baseline(spec: Json) -> Iterator[str]:
    yield from (f"{key}" for key in ("hostNetwork", "hostPID", "hostIPC") if spec.get(key))
    yield from (f"hostPath volume {v['name']}" for v in spec.get("volumes") or () if "hostPath" in v)
    for container in _every(spec):
        context = container.get("securityContext") or {}
        if context.get("privileged"):
            yield f"privileged container {container['name']}"
        if not _BASELINE_CAPABILITIES.issuperset((context.get("capabilities") or {}).get("add") or ()):
            yield f"capabilities of {container['name']}"
        if context.get("procMount", "Default") != "Default":
            yield f"procMount of {container['name']}"
        if (context.get("seccompProfile") or {}).get("type") == "Unconfined":
            yield f"seccomp of {container['name']}"
        if any(port.get("hostPort") for port in container.get("ports") or ()):
            yield f"hostPort of {container['name']}"


def _restricted(spec: Json) -> Iterator[str]:
    pod = spec.get("securityContext") or {}
    for volume in spec.get("volumes") or ():
        if not _RESTRICTED_SOURCES.issuperset(key for key in volume if key != "name"):
            yield f"type of volume {volume['name']}"
    for container in _every(spec):
        context, name = container.get("securityContext") or {}, container["name"]
        capabilities = context.get("capabilities") or {}
        if context.get("allowPrivilegeEscalation") is not False:
            yield f"allowPrivilegeEscalation of {name}"
        if "ALL" not in (capabilities.get("drop") or ()) or not {"NET_BIND_SERVICE"}.issuperset(capabilities.get("add") or ()):
            yield f"capabilities of {name} under restricted"
        if not context.get("runAsNonRoot", pod.get("runAsNonRoot")):
            yield f"runAsNonRoot of {name}"
        if context.get("runAsUser", pod.get("runAsUser")) == 0:
            yield f"runAsUser of {name}"
        if (context.get("seccompProfile") or pod.get("seccompProfile") or {}).get("type") not in ("RuntimeDefault", "Localhost"):
            yield f"seccompProfile of {name}"
