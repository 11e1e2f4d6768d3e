"""Lays lxcfs files over /proc and /sys, so that the application sees its own limits instead of the node's.

Each file is a hostPath of type File out of the node's folder of bound files, read-only and HostToContainer: the pod waits while
the node has no lxcfs, and a crashed lxcfs is healed from the node (traps 13 and 14).
"""

from functools import cache
from typing import Any

from webhook.admission.conflicts import meet
from webhook.admission.container import Container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict
from webhook.errors import BadValue, Skip
from webhook.inpod.lxcfs_files import LXCFS_FILES

Json = dict[str, Any]


def parse(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadValue("write true or false")
    return text == "true"


def apply(pod: Pod, wanted: bool, context: Context) -> list[Verdict]:
    conflict = meet("lxcfs", pod.held)
    if not pod.treated:
        return []
    settings = context.policy.lxcfs
    _select_nodes(pod, settings.node_selector)
    partly = [container.name for container in pod.treated if _mount(pod, container)]
    pod.add_volumes(_volumes(settings.path))
    if conflict is not None:
        return [Verdict("lxcfs", "applied", "conflict", conflict.why)]
    if partly:
        return [Verdict("lxcfs", "adapted", "path-taken", f"{', '.join(partly)} mounts some of /proc or /sys itself")]
    return [Verdict("lxcfs", "applied", "", "the application sees its own limits")]


@cache
def _volumes(folder: str) -> list[Json]:
    return [{"name": name, "hostPath": {"path": f"{folder}{path}", "type": "File"}} for name, path in LXCFS_FILES]


_MOUNTS: list[Json] = [
    {"name": name, "mountPath": path, "readOnly": True, "mountPropagation": "HostToContainer"} for name, path in LXCFS_FILES
]


def _mount(pod: Pod, container: Container) -> bool:
    """Mounts what no earlier pass has mounted; whether something of it had to be left out, at or below what the container
    mounts itself."""
    present = [m for m in container.raw.get("volumeMounts") or () if m["mountPath"].startswith(("/proc", "/sys"))]
    if not present:
        pod.add_mounts(container, _MOUNTS)
        return False
    mounted, paths = {(m["name"], m["mountPath"]) for m in present}, [m["mountPath"].rstrip("/") for m in present]
    missing = [mount for mount in _MOUNTS if (mount["name"], mount["mountPath"]) not in mounted]
    free = [m for m in missing if not any(m["mountPath"] == path or m["mountPath"].startswith(f"{path}/") for path in paths)]
    pod.add_mounts(container, free)
    return len(free) < len(missing)


def _select_nodes(pod: Pod, selector: dict[str, str]) -> None:
    """Only nodes that have lxcfs, where the policy names their label; a pod already bound to its node needs none."""
    if not selector or pod.spec.get("nodeName") or (pod.controller is not None and pod.controller.get("kind") == "DaemonSet"):
        return
    present: dict[str, str] | None = pod.spec.get("nodeSelector")
    for key, value in selector.items():
        if present and present.get(key, value) != value:
            raise Skip(
                "node-selector", f"the pod selects nodes by {key} itself, with another value", f"remove {key} from nodeSelector"
            )
    if present is None:
        pod.patch.add(pod.spec, "/spec", "nodeSelector", dict(selector))
        return
    for key, value in selector.items():
        if key not in present:
            pod.patch.add(present, "/spec/nodeSelector", key, value)


FEATURE = Feature("lxcfs", apply, {"lxcfs": parse})
