"""Writes OCI archives that `ctr images import` takes, out of single files or ready layers, without a builder or a registry."""

import hashlib
import io
import json
import platform
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

MEDIA = "application/vnd.oci.image"
ARCHITECTURE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
FOLDERS = {"dev": 0o755, "etc": 0o755, "proc": 0o755, "root": 0o700, "run": 0o755, "sys": 0o755, "tmp": 0o1777, "var": 0o755}
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def write(name: str, archive: Path, layers: Sequence[bytes], **process: object) -> None:
    """One image. `process`: its OCI configuration, such as Entrypoint, Cmd (lists), User, StopSignal, Env, WorkingDir."""
    config = _json(
        {
            "architecture": ARCHITECTURE,
            "os": "linux",
            "config": {"Env": [PATH]} | process,
            "rootfs": {"type": "layers", "diff_ids": [_digest(layer) for layer in layers]},
            "history": [{"created_by": "tests"} for _ in layers],  # buildah builds on no image without
        }
    )
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": f"{MEDIA}.manifest.v1+json",
            "config": _descriptor("config.v1+json", config),
            "layers": [_descriptor("layer.v1.tar", layer) for layer in layers],
        }
    )
    named = _descriptor("manifest.v1+json", manifest) | {"annotations": {"io.containerd.image.name": name}}
    blobs = {f"blobs/sha256/{_digest(blob).removeprefix('sha256:')}": blob for blob in (config, manifest, *layers)}
    index = _json({"schemaVersion": 2, "manifests": [named]})
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive, "w") as tar:
        for path, blob in {"oci-layout": _json({"imageLayoutVersion": "1.0.0"}), "index.json": index, **blobs}.items():
            _add(tar, path, blob)


def layer(files: Mapping[str, Path], links: Mapping[str, str] | None = None, folders: Mapping[str, int] = FOLDERS) -> bytes:
    """`files`: path in the image → file of the host, which keeps its mode; `links`: path → target; `folders`: path → mode."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for path, mode in folders.items():
            _add(tar, path, b"", mode, tarfile.DIRTYPE)
        for path, file in files.items():
            _add(tar, path, file.read_bytes(), file.stat().st_mode & 0o777)
        for path, target in (links or {}).items():
            _add(tar, path, b"", 0o777, tarfile.SYMTYPE, target)
    return buffer.getvalue()


def _add(
    tar: tarfile.TarFile, path: str, content: bytes, mode: int = 0o644, kind: bytes = tarfile.REGTYPE, target: str = ""
) -> None:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode, entry.linkname, entry.size = kind, mode, target, len(content)
    tar.addfile(entry, io.BytesIO(content))


def _descriptor(kind: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": f"{MEDIA}.{kind}", "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"


def _json(value: object) -> bytes:
    return json.dumps(value).encode()
