"""The facts of a pod, and of where it will run, that the table of conflicts knows."""

from collections.abc import Iterable
from typing import Any

from webhook.installation import GATEWAY_HOST


def conditions(spec: dict[str, Any], job: bool, level: str, runtime_kind: str) -> list[str]:
    """The facts of this pod that the table knows, in a fixed order."""
    held = []
    if spec.get("shareProcessNamespace"):
        held.append("shareProcessNamespace")
    if spec.get("hostPID"):
        held.append("hostPID")
    if spec.get("hostNetwork"):
        held.append("hostNetwork")
    if spec.get("hostUsers") is False:
        held.append("hostUsers: false")
    if (dns := spec.get("dnsPolicy")) in ("Default", "None"):
        held.append(f"dnsPolicy: {dns}")
    if any(GATEWAY_HOST in (alias.get("hostnames") or ()) for alias in spec.get("hostAliases") or ()):
        held.append("hostAliases: gateway")
    if job:
        held.append("job")
    if level != "privileged":
        held.append(f"level:{level}")
    if runtime_kind != "runc":
        held.append(f"runtime:{runtime_kind}")
        if any("subPath" in m or "subPathExpr" in m for c in _all(spec) for m in c.get("volumeMounts") or ()):
            held.append("subPath")
    contexts = [context for c in spec["containers"] if (context := c.get("securityContext"))]
    if any(context.get("privileged") for context in contexts):
        held.append("privileged")
    if any(_changes_user_without_kill({**(spec.get("securityContext") or {}), **c}) for c in contexts if "capabilities" in c):
        held.append("no CAP_KILL")
    return held


def _changes_user_without_kill(context: dict[str, Any]) -> bool:
    """Root that may become another user but may not signal it: a stop signal would be lost between the two."""
    capabilities = context.get("capabilities") or {}
    dropped, added = capabilities.get("drop") or (), capabilities.get("add") or ()
    if context.get("privileged") or context.get("runAsUser") or context.get("runAsNonRoot") or "ALL" in added or "KILL" in added:
        return False
    return ("ALL" in dropped or "KILL" in dropped) and ("SETUID" in added or ("ALL" not in dropped and "SETUID" not in dropped))


def _all(spec: dict[str, Any]) -> list[dict[str, Any]]:
    return [*(spec.get("initContainers") or ()), *spec["containers"]]


_OF_SERVICES = ("SETUID", "SETGID", "SYS_CHROOT")


def _lacks(name: str, dropped: Iterable[str], added: Iterable[str]) -> bool:
    """Runtimes give it where nobody drops it."""
    return not {"ALL", name}.isdisjoint(dropped) and {"ALL", name}.isdisjoint(added)


def rights(spec: dict[str, Any], container: dict[str, Any]) -> list[str]:
    """What one container may not do, or does, which matters to inits of an image and to services: root and its capabilities."""
    security = {**(spec.get("securityContext") or {}), **(container.get("securityContext") or {})}
    capabilities = security.get("capabilities") or {}
    dropped, added = capabilities.get("drop") or (), capabilities.get("add") or ()
    held = {
        "runAsNonRoot": security.get("runAsNonRoot"),
        "runAsUser": security.get("runAsUser"),
        "drop ALL": "ALL" in dropped and not security.get("privileged"),
        **{f"no CAP_{name}": _lacks(name, dropped, added) and not security.get("privileged") for name in _OF_SERVICES},
        "stdin": container.get("stdin"),
    }
    return [condition for condition, is_held in held.items() if is_held]
