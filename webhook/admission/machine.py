"""What makes the main container a machine, beside the init itself: folders in memory, control groups, a way to stop it."""

from typing import Any

from webhook.admission.conditions import rights
from webhook.admission.conflicts import meet
from webhook.admission.container import Container, every_container
from webhook.admission.context import Context
from webhook.admission.login import login_options
from webhook.admission.pod import Pod
from webhook.admission.qos import qos_class
from webhook.admission.stopping import asks_to_halt, grace, image_stop_signal
from webhook.errors import BadValue, Refuse, Skip
from webhook.inpod.contract import (
    CGROUP_PATH,
    CGROUP_VOLUME,
    HALT_ARGV,
    LARGEST_BUDGET,
    POD_UID_VARIABLE,
    RESTARTS_OPTION,
    RUN_MOUNTS,
    TMP_VOLUME,
)

Json = dict[str, Any]

RESTARTS = "init-restarts"
"""The annotation; the policy says how often where a pod does not."""
HALT = 37
"""SIGRTMIN+3, by which systemd is stopped."""
SPARE = 5
"""Seconds in which systemd stops all else, on top of what the application has."""
MOUNTING = ("own-v1", "node-root")
"""Ways to control groups that the pod must mount; with the others the runtime makes them writable."""
_FOLDERS = {"Guaranteed": "kubepods", "Burstable": "kubepods/burstable", "BestEffort": "kubepods/besteffort"}
"""Of the kubelet, by QoS class, where its cgroupDriver is cgroupfs."""
_POD_UID: Json = {"name": POD_UID_VARIABLE, "valueFrom": {"fieldRef": {"apiVersion": "v1", "fieldPath": "metadata.uid"}}}


def options(pod: Pod, container: Container, context: Context) -> list[str]:
    """Of the launcher by the name SBIN_INIT. Raises Skip."""
    settings = context.policy.systemd
    try:
        count = restarts(pod.asked[RESTARTS]) if RESTARTS in pod.asked and "init" in context.allow else settings.restarts
    except BadValue:  # which has been said
        count = settings.restarts
    words = [] if settings.login_secrets else login_options(container.raw)
    return [RESTARTS_OPTION, str(count), *words] if count else words


def restarts(text: str) -> int:
    """What the annotation says. Raises BadValue."""
    if not text.isascii() or not text.isdecimal() or len(text) > 4 or int(text) > LARGEST_BUDGET:
        raise BadValue(f"write a number up to {LARGEST_BUDGET}", "3")
    return int(text)


def furnish(pod: Pod, container: Container, init: str, context: Context) -> None:
    """All but the control groups. Raises Skip where this container cannot be a machine."""
    halted = init == "systemd" and image_stop_signal(pod, context) == HALT
    _prove(pod, container, init, halted, context)
    _mount_memory(pod, container)
    if not halted:
        _stop_by_hook(pod, container)
    pod.raise_grace(grace(pod.spec) + SPARE)


def mount_cgroup(pod: Pod, context: Context) -> None:
    """Once all containers are there: which folder is the pod's own depends on what they all ask for."""
    way = context.policy.systemd.cgroup
    if not pod.is_machine or way not in MOUNTING or any(held.startswith("runtime:") for held in pod.held):
        return
    container = pod.main
    mount: Json = {"name": CGROUP_VOLUME, "mountPath": CGROUP_PATH}
    if way == "own-v1":
        mount["subPathExpr"] = f"{_FOLDERS[qos_class(pod.spec)]}/pod$({POD_UID_VARIABLE})"
        pod.patch.append(container.raw, container.path, "env", [_POD_UID])
    pod.add_volumes([{"name": CGROUP_VOLUME, "hostPath": {"path": context.policy.systemd.hierarchy, "type": "Directory"}}])
    pod.add_mounts(container, [mount])


def _prove(pod: Pod, container: Container, init: str, halted: bool, context: Context) -> None:
    way = context.policy.systemd.cgroup
    if way == "none":
        sentence = f"{init} needs control groups that it may write, and the policy gives pods none"
        raise Skip("no-cgroup", sentence, "systemd: {cgroup: runtime} in the policy, or own-v1 for nodes with cgroup v1")
    held = [*pod.held, *rights(pod.spec, container.raw)]
    held += ["preStop"] if "preStop" in (container.raw.get("lifecycle") or ()) and not halted else []
    meet(init, held)
    meet(f"cgroup:{way}", held)
    for other in every_container(pod.spec):
        if any(mount["name"] == CGROUP_VOLUME for mount in other.raw.get("volumeMounts") or ()):
            sentence = f"container {other.name} mounts {CGROUP_VOLUME}, which is richpod's own"
            raise Refuse("reserved-name", sentence, "remove that mount", f"spec.containers[{other.name}].volumeMounts")
    if any(one.get("name") == POD_UID_VARIABLE for one in container.raw.get("env") or ()):
        sentence = f"container {container.name} sets {POD_UID_VARIABLE}, which is richpod's own"
        raise Refuse("reserved-name", sentence, "remove it", f"spec.containers[{container.name}].env")
    for path in (*(path for _, path, _ in RUN_MOUNTS), "/var/run", "/var/lock", CGROUP_PATH):
        if (taken := container.mounted_at(path)) is not None:
            raise Skip("path-taken", f"container {container.name} mounts {taken} at {path}, which {init} needs for itself")


def _mount_memory(pod: Pod, container: Container) -> None:
    """`/tmp` is on disk, and there because a runtime that mounts one itself lets nothing in it be executed (trap 11)."""
    pod.add_volumes([{"name": name, "emptyDir": {"medium": "Memory", "sizeLimit": size}} for name, _, size in RUN_MOUNTS])
    pod.add_mounts(container, [{"name": name, "mountPath": path} for name, path, _ in RUN_MOUNTS])
    if container.mounted_at("/tmp") is None:
        pod.add_volumes([{"name": TMP_VOLUME, "emptyDir": {}}])
        pod.add_mounts(container, [{"name": TMP_VOLUME, "mountPath": "/tmp"}])


def _stop_by_hook(pod: Pod, container: Container) -> None:
    """TERM, which the kubelet sends, only makes systemd start itself anew (trap 3)."""
    hook: Json = {"exec": {"command": [*HALT_ARGV]}}
    lifecycle = container.raw.get("lifecycle")
    if lifecycle is None:
        pod.patch.add(container.raw, container.path, "lifecycle", {"preStop": hook})
    elif not asks_to_halt(lifecycle):
        pod.patch.add(lifecycle, f"{container.path}/lifecycle", "preStop", hook)
