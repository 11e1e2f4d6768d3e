"""Volumes of the policy: their sources as Kubernetes knows them, and where they may be mounted."""

from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from pydantic import Field, JsonValue, model_validator

from webhook.nearest import nearest
from webhook.policy.paths import is_own, plain
from webhook.policy.section import Contradiction, Section
from webhook.policy.text import AbsolutePath


class Source(NamedTuple):
    """The fields of a volume source: those without which the API server refuses a pod, and the others."""

    required: tuple[str, ...]
    further: tuple[str, ...]


SOURCES = {
    "cephfs": Source(("monitors",), ("path", "readOnly", "secretFile", "secretRef", "user")),
    "configMap": Source(("name",), ("defaultMode", "defaultUser", "items", "optional")),
    "csi": Source(("driver",), ("fsType", "nodePublishSecretRef", "readOnly", "volumeAttributes")),
    "downwardAPI": Source((), ("defaultMode", "defaultUser", "items")),
    "emptyDir": Source((), ("medium", "mode", "sizeLimit")),
    "ephemeral": Source(("volumeClaimTemplate",), ()),
    "fc": Source((), ("fsType", "lun", "readOnly", "targetWWNs", "wwids")),
    "hostPath": Source(("path",), ("type",)),
    "image": Source(("reference",), ("pullPolicy",)),
    "iscsi": Source(
        ("iqn", "lun", "targetPortal"),
        ("chapAuthDiscovery", "chapAuthSession", "fsType", "initiatorName", "iscsiInterface", "portals", "readOnly", "secretRef"),
    ),
    "nfs": Source(("path", "server"), ("readOnly",)),
    "persistentVolumeClaim": Source(("claimName",), ("readOnly",)),
    "projected": Source((), ("defaultMode", "defaultUser", "sources")),
    "rbd": Source(("image", "monitors"), ("fsType", "keyring", "pool", "readOnly", "secretRef", "user")),
    "secret": Source(("secretName",), ("defaultMode", "defaultUser", "items", "optional")),
}
VOLUME_KINDS = tuple(SOURCES)


class Volume(Section):
    """One volume source, as in a pod, and where it is mounted in the application's containers."""

    source: dict[str, dict[str, JsonValue]] = Field(
        description="One volume source as in a pod, for example {persistentVolumeClaim: {claimName: data}}."
    )
    mount_path: AbsolutePath = Field(description="Where it is mounted in the application's containers.")
    read_only: bool = Field(default=False, description="Whether it is mounted for reading only.")

    @model_validator(mode="after")
    def _one_source(self) -> "Volume":
        if len(self.source) != 1:
            raise ValueError("needs exactly one volume source, for example {persistentVolumeClaim: {claimName: data}}")
        return self

    @cached_property
    def kind(self) -> str:
        return next(iter(self.source))


def unfit(volume: Volume) -> Iterator[Contradiction]:
    """What would make the API server drop a field of the volume or refuse every pod that has it."""
    kind, fields = volume.kind, volume.source[volume.kind]
    yield from list(_unfit_source(kind, fields)) or _unfit_values(fields, ("source", kind))
    path = plain(volume.mount_path)
    if path in ("/", "/proc", "/sys", "/dev"):
        sentence = f"would hide the container's own {path}; name a folder for the volume alone, for example /data"
        yield Contradiction(("mountPath",), sentence)
    if is_own(path):
        yield Contradiction(("mountPath",), "is richpod's own folder; name another, for example /data")


def _unfit_values(value: JsonValue, path: tuple[str, ...]) -> Iterator[Contradiction]:
    """No field of a volume is a fraction, and null says nothing: in a patch either refuses the pod or sets nothing."""
    if value is None or isinstance(value, float):
        yield Contradiction(
            path, "null sets nothing: leave it out" if value is None else f"no field is {value}; put text in quotes"
        )
    elif isinstance(value, int) and abs(value) >= 2**63:
        yield Contradiction(path, "no field is so large a number; put text in quotes")
    elif isinstance(value, dict):
        for key, part in value.items():
            yield from _unfit_values(part, (*path, key))
    elif isinstance(value, list):
        for part in value:
            yield from _unfit_values(part, path)


def _unfit_source(kind: str, fields: dict[str, JsonValue]) -> Iterator[Contradiction]:
    """Kinds and fields that nobody knows may be newer than we are, unless their name is nearly a known one."""
    if kind not in SOURCES:
        if meant := nearest(kind, SOURCES):
            yield Contradiction(("source", kind), f"is no volume source{meant}")
        return
    required, further = SOURCES[kind]
    for name in required:
        if fields.get(name) in (None, "", [], {}):
            yield Contradiction(("source", kind), f"needs {name}")
    absent = [name for name in (*required, *further) if name not in fields]
    for field in fields:
        if field not in (*required, *further) and (meant := nearest(field, absent)):
            yield Contradiction(("source", kind, field), f"unknown field{meant}")
