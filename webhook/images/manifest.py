"""Manifests and indexes of registries: which configuration belongs to an image, for which platform."""

import hashlib
import re
from typing import Any, NamedTuple

from webhook.errors import BadImage
from webhook.images.document import document
from webhook.images.platform import Platform
from webhook.images.reference import DIGEST
from webhook.printable import one_line

Json = dict[str, Any]

_OCI, _DOCKER = "application/vnd.oci.image", "application/vnd.docker.distribution.manifest"
_MANIFESTS = (f"{_OCI}.manifest.v1+json", f"{_DOCKER}.v2+json")
_INDEXES = (f"{_OCI}.index.v1+json", f"{_DOCKER}.list.v2+json")
ACCEPTED = (*_INDEXES, *_MANIFESTS)
"""Media types to ask for."""
_SCHEMA_1 = (f"{_DOCKER}.v1+json", f"{_DOCKER}.v1+prettyjws")
_ATTESTATION = "vnd.docker.reference.type"
MOST = 500
"""Platforms of one image."""
_WORD = re.compile(r"[A-Za-z0-9_.-]{0,32}")
"""Of a platform: it is kept, and told to the launcher between `=` and `,`."""


class Manifest(NamedTuple):
    """Of one platform; `configuration` is the digest of its configuration."""

    configuration: str


class Index(NamedTuple):
    """Of several platforms: digests of their manifests, in the order of the document."""

    manifests: dict[Platform, str]


def read(media_type: str, body: bytes) -> Manifest | Index:
    """`media_type` is what the answer's header says. Raises BadImage."""
    said = document(body, "the image's manifest")
    kind = media_type.partition(";")[0].strip().lower()
    own = said.get("mediaType", kind)
    if own in _SCHEMA_1 or kind in _SCHEMA_1 or said.get("schemaVersion") == 1:
        raise BadImage("the image's manifest is of Docker's schema 1, which names no configuration; push the image again")
    if kind in ACCEPTED and own != kind:
        raise BadImage(f"the image's manifest is called {kind} by its registry and {one_line(str(own))} by itself")
    if own in _INDEXES:
        return Index(_platforms(said))
    if own in _MANIFESTS:
        return Manifest(_digest((said.get("config") or {}), "configuration"))
    raise BadImage(f"the image's manifest is of an unknown kind: {one_line(str(own)) or 'none is said'}")


def verify(body: bytes, digest: str) -> None:
    """Raises BadImage where a registry answered something else than what was asked for."""
    algorithm, _, expected = digest.partition(":")
    if hashlib.new(algorithm, body).hexdigest() != expected:
        raise BadImage(f"what the registry sent is not {digest}")


def _platforms(index: Json) -> dict[Platform, str]:
    entries = index.get("manifests")
    if not isinstance(entries, list) or len(entries) > MOST:
        raise BadImage(f"the image's index holds no list of at most {MOST} manifests")
    found: dict[Platform, str] = {}
    for entry in entries:
        if not isinstance(entry, dict) or not isinstance(entry.get("platform") or {}, dict):
            raise BadImage("the image's index holds something that is no manifest")
        if _is_attestation(entry) or entry.get("mediaType") not in _MANIFESTS:
            continue
        said = entry.get("platform") or {}
        words = (said.get("os") or "linux", said.get("architecture") or "", said.get("variant") or "")
        if not all(isinstance(word, str) and _WORD.fullmatch(word) for word in words):
            raise BadImage("the image's index has a platform that is no word")
        found.setdefault(Platform(*words).normal, _digest(entry, "manifest"))
    if not found:
        raise BadImage("the image's index names no platform")
    return found


def _is_attestation(entry: Json) -> bool:
    """What buildkit puts beside an image, and runs nowhere."""
    platform, notes = entry.get("platform") or {}, entry.get("annotations") or {}
    return platform.get("os") == "unknown" or (isinstance(notes, dict) and _ATTESTATION in notes)


def _digest(of: Any, what: str) -> str:
    found = of.get("digest") if isinstance(of, dict) else None
    if not isinstance(found, str) or not DIGEST.fullmatch(found):
        raise BadImage(f"the image's {what} has no digest of sha256 or sha512")
    return found
