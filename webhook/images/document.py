"""JSON of a registry: whoever runs one may answer anything."""

from typing import Any

import orjson

from webhook.errors import BadImage

LARGEST = 1 << 20
"""Bytes. Manifests and configurations have some thousands, and those that have a million are not worth what they cost here."""
MOST = 50_000
"""Maps and lists: a document of `[],[],…` is read for a second and takes twenty times its size. Texts may hold some, too."""


def document(body: bytes, what: str) -> dict[str, Any]:
    """The object that a body holds; `what` it should be, in words. Raises BadImage."""
    if len(body) > LARGEST:
        raise BadImage(f"{what} is larger than {LARGEST >> 20} MiB")
    if body.count(b"[") + body.count(b"{") > MOST:
        raise BadImage(f"{what} holds more than {MOST} maps and lists")
    try:
        found = orjson.loads(body)
    except ValueError:
        raise BadImage(f"{what} is no JSON") from None
    if not isinstance(found, dict):
        raise BadImage(f"{what} is no JSON object")
    return found
