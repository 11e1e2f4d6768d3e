"""Names that are richpod's own: what stands under one and is not ours is refused (requirement 28)."""

from typing import Any

from webhook.errors import Refuse
from webhook.inpod.contract import LXCFS_FILES, NO_TOKEN_VOLUME, RESERVED, TOOLKIT_VOLUME, VOLUME_PREFIX

Json = dict[str, Any]

_SOURCES: dict[str, tuple[str, ...]] = {
    TOOLKIT_VOLUME: ("emptyDir", "image"),
    NO_TOKEN_VOLUME: ("emptyDir",),
    **{name: ("hostPath",) for name, _ in LXCFS_FILES},
}
"""The source a volume of ours has; those of the policy have any."""


def refuse_forgeries(spec: Json, repositories: tuple[str, ...]) -> None:
    """Raises Refuse for foreign content under a reserved name; what we inject are init containers of our two repositories."""
    for section in ("initContainers", "containers"):
        for i, raw in enumerate(spec.get(section) or ()):
            if (raw.get("name") or "").startswith(RESERVED) and (section == "containers" or not _ours(raw, repositories)):
                raise _forged("container", raw["name"], f"spec.{section}[{i}].name")
    for i, volume in enumerate(spec.get("volumes") or ()):
        if volume["name"].startswith(RESERVED) and not _source_fits(volume, repositories):
            raise _forged("volume", volume["name"], f"spec.volumes[{i}].name")


def _ours(container: Json, repositories: tuple[str, ...]) -> bool:
    """Whatever the tag: any version of ours is ours."""
    return repository(container.get("image") or "") in repositories


def _source_fits(volume: Json, repositories: tuple[str, ...]) -> bool:
    name = volume["name"]
    if name.startswith(VOLUME_PREFIX):
        return True
    if isinstance(volume.get("image"), dict):
        return name == TOOLKIT_VOLUME and repository(volume["image"].get("reference") or "") in repositories
    return any(kind in volume for kind in _SOURCES.get(name, ()))


def repository(image: str) -> str:
    """An image reference without tag and digest."""
    name = image.partition("@")[0]
    head, colon, tail = name.rpartition(":")
    return head if colon and "/" not in tail else name


def _forged(what: str, name: str, field: str) -> Refuse:
    return Refuse(
        "reserved-name",
        f"the {what} name {name} is reserved: names that begin with {RESERVED} are richpod's own",
        fix=f"rename the {what}; if a mirror renamed its image, set the policy's image.prefix to it",
        field=field,
    )
