"""Mounts volumes the administrator defined into the application's containers; a pod without its volume is refused."""

from typing import Any

from webhook.admission.conflicts import meet
from webhook.admission.container import every_container
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod, comma_separated
from webhook.admission.verdicts import Verdict
from webhook.errors import Refuse
from webhook.inpod.contract import VOLUME_PREFIX
from webhook.nearest import nearest
from webhook.policy.paths import plain
from webhook.policy.volumes import VOLUME_KINDS

_ANNOTATION = "metadata.annotations[richpod.io/volumes]"


def apply(pod: Pod, names: tuple[str, ...], context: Context) -> list[Verdict]:
    return [verdict for name in names for verdict in _mount(pod, name, context)]


def _mount(pod: Pod, name: str, context: Context) -> list[Verdict]:
    defined = context.policy.volumes.get(name)
    if defined is None:
        known = ", ".join(context.policy.volumes) or "none"
        raise Refuse(
            "unknown-volume",
            f"volume {name} is not defined{nearest(name, context.policy.volumes)} (known: {known})",
            "",
            _ANNOTATION,
        )
    conflict = meet(f"volume:{defined.kind}", pod.held, f"volume {name} ({defined.kind}), ", _ANNOTATION)
    if context.level == "restricted" and defined.kind not in VOLUME_KINDS:
        raise Refuse("pod-security", f"volume {name}: Pod Security restricted forbids {defined.kind}", "", _ANNOTATION)
    volume = f"{VOLUME_PREFIX}{name}"
    mount: dict[str, Any] = {"name": volume, "mountPath": defined.mount_path}
    if defined.read_only:
        mount |= {"readOnly": True}
    _refuse_other_mounts(pod, mount)
    pod.add_volumes([{"name": volume, **defined.source}])
    for container in pod.app_containers:
        taken = container.mounted_at(plain(defined.mount_path))
        if taken is None:
            pod.add_mounts(container, [mount])
        elif taken != volume:
            sentence = f"volume {name}: container {container.name} mounts {taken} at {defined.mount_path} already"
            raise Refuse(
                "path-taken",
                sentence,
                "remove that mount or the volume's name",
                f"spec.containers[{container.name}].volumeMounts",
            )
    if conflict is not None:
        return [Verdict("volumes", "applied", "unproved", f"volume {name}: {conflict.why}")]
    return [Verdict("volumes", "applied", "", f"volume {name} at {defined.mount_path}")]


def _refuse_other_mounts(pod: Pod, ours: dict[str, Any]) -> None:
    """A mount of the volume that is not the policy's own: writable, elsewhere, of a part, or in an init container."""
    for container in every_container(pod.spec):
        _, _, section, _ = container.path.split("/")
        for mount in container.raw.get("volumeMounts") or ():
            if mount["name"] == ours["name"] and (section == "initContainers" or _place(mount) != _place(ours)):
                sentence = f"container {container.name} mounts {ours['name']}, a volume of the policy, in a way of its own"
                field = f"spec.{section}[{container.name}].volumeMounts"
                raise Refuse("reserved-name", sentence, "remove that mount", field)


def _place(mount: dict[str, Any]) -> tuple[Any, ...]:
    return plain(mount["mountPath"]), bool(mount.get("readOnly")), mount.get("subPath") or mount.get("subPathExpr")


FEATURE = Feature("volumes", apply, {"volumes": comma_separated}, vital=True)
