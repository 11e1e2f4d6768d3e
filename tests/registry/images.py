"""Images of every form that a registry holds: what they run is all that differs."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tests.cluster.image import ARCHITECTURE

Json = dict[str, Any]


class Form(NamedTuple):
    """Media types."""

    manifest: str
    platforms: str
    config: str
    layer: str


_OCI, _DOCKER = "application/vnd.oci.image", "application/vnd.docker"
OCI = Form(f"{_OCI}.manifest.v1+json", f"{_OCI}.index.v1+json", f"{_OCI}.config.v1+json", f"{_OCI}.layer.v1.tar")
DOCKER = Form(
    f"{_DOCKER}.distribution.manifest.v2+json",
    f"{_DOCKER}.distribution.manifest.list.v2+json",
    f"{_DOCKER}.container.image.v1+json",
    f"{_DOCKER}.image.rootfs.diff.tar",
)
_PROVENANCE = "application/vnd.in-toto+json"


class Image(NamedTuple):
    """A manifest with the blobs that it names, or an index with the images that it names."""

    media_type: str
    manifest: bytes
    blobs: tuple[bytes, ...] = ()
    images: tuple["Image", ...] = ()

    @property
    def digest(self) -> str:
        return digest(self.manifest)


def image(process: Json, layers: Sequence[bytes] = (), form: Form = OCI, platform: str = ARCHITECTURE) -> Image:
    """For one platform, such as `amd64` or `arm/v7`. `process`: Entrypoint, Cmd (lists), User, WorkingDir, StopSignal, Env;
    `layers`: tar archives (tests/cluster/image.layer)."""
    rootfs = {"type": "layers", "diff_ids": [digest(layer) for layer in layers]}
    config = _json({**_platform(platform), "config": process, "rootfs": rootfs})
    return _manifest(form, config, form.config, [(layer, form.layer) for layer in layers])


def index(processes: Mapping[str, Json], layers: Sequence[bytes] = (), form: Form = OCI, attested: bool = False) -> Image:
    """For several platforms, which have the same layers. `attested`: each has the provenance beside it that buildkit writes."""
    images, entries = [], []
    for platform, process in processes.items():
        one = image(process, layers, form, platform)
        images.append(one)
        entries.append(_descriptor(one.media_type, one.manifest) | {"platform": _platform(platform)})
    for one in tuple(images) if attested else ():
        provenance = _manifest(OCI, _json(_UNKNOWN), OCI.config, [(_json({"subject": one.digest}), _PROVENANCE)])
        notes = {"vnd.docker.reference.digest": one.digest, "vnd.docker.reference.type": "attestation-manifest"}
        images.append(provenance)
        entries.append(_descriptor(provenance.media_type, provenance.manifest) | {"platform": _UNKNOWN, "annotations": notes})
    manifest = {"schemaVersion": 2, "mediaType": form.platforms, "manifests": entries}
    return Image(form.platforms, _json(manifest), images=tuple(images))


_UNKNOWN = {"architecture": "unknown", "os": "unknown"}


def _manifest(form: Form, config: bytes, kind: str, layers: Sequence[tuple[bytes, str]]) -> Image:
    named = [_descriptor(media_type, layer) for layer, media_type in layers]
    said = {"schemaVersion": 2, "mediaType": form.manifest, "config": _descriptor(kind, config), "layers": named}
    return Image(form.manifest, _json(said), (config, *(layer for layer, _ in layers)))


def _platform(name: str) -> Json:
    architecture, _, variant = name.partition("/")
    return {"architecture": architecture, "os": "linux"} | ({"variant": variant} if variant else {})


def _descriptor(media_type: str, blob: bytes) -> Json:
    return {"mediaType": media_type, "digest": digest(blob), "size": len(blob)}


def digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
