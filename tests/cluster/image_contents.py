"""What is in an OCI archive of one image."""

import gzip
import io
import json
import tarfile
from pathlib import Path
from typing import Any, NamedTuple


class Contents(NamedTuple):
    """`layers`: tar archives, the lowest first; `size`: of them in bytes, as a registry keeps them."""

    manifest: bytes
    config: bytes
    layers: list[bytes]
    size: int

    @property
    def process(self) -> Any:
        """What the image says of its process: User, Env, Entrypoint, Labels and so on."""
        return json.loads(self.config)["config"]


def contents(archive: Path) -> Contents:
    with tarfile.open(archive) as tar:
        (listed,) = json.loads(_member(tar, "index.json"))["manifests"]
        manifest = _blob(tar, listed)
        said = json.loads(manifest)
        layers = [gzip.decompress(_blob(tar, layer)) for layer in said["layers"]]
        return Contents(manifest, _blob(tar, said["config"]), layers, sum(layer["size"] for layer in said["layers"]))


def files(layer: bytes) -> dict[str, bytes]:
    """The regular files of a layer, by their paths without the leading slash."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {entry.name: _member(tar, entry) for entry in tar if entry.isreg()}


def links(layer: bytes) -> dict[str, str]:
    """Symbolic ones, and where each leads."""
    with tarfile.open(fileobj=io.BytesIO(layer)) as tar:
        return {entry.name: entry.linkname for entry in tar if entry.issym()}


def _blob(tar: tarfile.TarFile, descriptor: dict[str, str]) -> bytes:
    return _member(tar, f"blobs/sha256/{descriptor['digest'].removeprefix('sha256:')}")


def _member(tar: tarfile.TarFile, name: str | tarfile.TarInfo) -> bytes:
    file = tar.extractfile(name)
    assert file is not None
    return file.read()
