"""Names that are richpod's own: what stands under one and is not ours is refused (requirement 28)."""

from typing import Any

from webhook.admission.authorizer import TOKEN_VOLUME
from webhook.errors import Refuse
from webhook.images.reference import untagged
from webhook.inpod.contract import (
    CGROUP_VOLUME,
    FILL_ARGV,
    FILL_CONTAINER,
    GATEWAY_TOKEN_VOLUME,
    NO_TOKEN_VOLUME,
    PERSIST_PREFIX,
    RESERVED,
    RUN_MOUNTS,
    SSHD_VOLUME,
    STATE_VOLUME,
    TMP_VOLUME,
    TOOLKIT_VOLUME,
    VOLUME_PREFIX,
)
from webhook.inpod.lxcfs_files import LXCFS_FILES
from webhook.policy import Policy
from webhook.policy.services import Service
from webhook.policy.volumes import SOURCES, Volume

Json = dict[str, Any]

_SOURCES: dict[str, tuple[str, ...]] = {
    TOOLKIT_VOLUME: ("emptyDir", "image"),
    NO_TOKEN_VOLUME: ("emptyDir",),
    STATE_VOLUME: ("emptyDir",),
    **{name: ("emptyDir",) for name, _, _ in RUN_MOUNTS},
    TMP_VOLUME: ("emptyDir",),
    CGROUP_VOLUME: ("hostPath",),
    **{name: ("hostPath",) for name, _ in LXCFS_FILES},
}
"""The source a volume of ours has."""
# The API server fills it in.
_MODE = {"defaultMode": 0o644}
_TOKEN_VOLUME = {**TOKEN_VOLUME, "projected": {**TOKEN_VOLUME["projected"], **_MODE}}


def refuse_forgeries(spec: Json, policy: Policy) -> None:
    """Raises Refuse for foreign content under a reserved name.

    What we inject are init containers of our two repositories, volumes of the sources below, and the policy's own volumes.
    """
    repositories = policy.image.repositories
    for section in ("initContainers", "containers"):
        for i, raw in enumerate(spec.get(section) or ()):
            if (raw.get("name") or "").startswith(RESERVED) and (section == "containers" or not _ours(raw, repositories)):
                raise _forged("container", raw["name"], f"spec.{section}[{i}].name")
    for i, volume in enumerate(spec.get("volumes") or ()):
        if volume["name"].startswith(RESERVED) and not _source_fits(volume, policy):
            raise _forged("volume", volume["name"], f"spec.volumes[{i}].name")


def has_our_image(name: str) -> bool:
    """Whether a container of this name, which has passed, runs an image of ours. What fills a volume runs the application's."""
    return name.startswith(RESERVED) and not name.startswith(FILL_CONTAINER)


def _ours(container: Json, repositories: tuple[str, ...]) -> bool:
    """Whatever the tag: any version of ours is ours. What fills a volume runs the launcher in the application's."""
    if not has_our_image(container["name"]):
        return (container.get("command") or [])[:2] == [*FILL_ARGV]
    return untagged(container.get("image") or "") in repositories


def _source_fits(volume: Json, policy: Policy) -> bool:
    name: str = volume["name"]
    if name.startswith(VOLUME_PREFIX):
        defined = policy.volumes.get(name.removeprefix(VOLUME_PREFIX))
        return defined is not None and _same_source(volume, defined)
    if name.startswith(PERSIST_PREFIX):
        return "persistentVolumeClaim" in volume
    if name == SSHD_VOLUME:
        keys, source = policy.services.get("sshd", Service()).authorized_keys, volume.get("configMap")
        return keys is not None and isinstance(source, dict) and source.get("name") == keys
    if name == GATEWAY_TOKEN_VOLUME:
        return {**volume, "projected": {**(volume.get("projected") or {}), **_MODE}} == _TOKEN_VOLUME
    if isinstance(volume.get("image"), dict):
        return name == TOOLKIT_VOLUME and untagged(volume["image"].get("reference") or "") in policy.image.repositories
    return any(kind in volume for kind in _SOURCES.get(name, ()))


def _same_source(volume: Json, wanted: Volume) -> bool:
    """The policy's kind, and its words where a source must have them: the API server writes all else in its own way."""
    found = volume.get(wanted.kind)
    if not isinstance(found, dict):
        return False
    required = SOURCES[wanted.kind].required if wanted.kind in SOURCES else ()
    fields = wanted.source[wanted.kind]
    return all(found.get(key) == fields[key] for key in required if isinstance(fields[key], str | list))


def _forged(what: str, name: str, field: str) -> Refuse:
    return Refuse(
        "reserved-name",
        f"the {what} name {name} is reserved: names that begin with {RESERVED} are richpod's own",
        fix=f"rename the {what}; if a mirror renamed its image, set the policy's image.prefix to it",
        field=field,
    )
