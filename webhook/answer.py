"""What an API server answers: JSON, its refusals, its warnings, and the lines of a watch."""

import json
from collections.abc import Iterator
from typing import Any

from webhook.errors import ApiError

Json = dict[str, Any]


def read(text: bytes, server: str) -> Json:
    """What stands before an API server may answer with a page, and say that all is well: ApiError. `server`: its URL."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise ApiError(0, "Unreachable", f"{server}: what answers is no API server")
    return found


def refusal(code: int, body: bytes) -> ApiError:
    """The API server explains itself with a Status object, whatever stands before it perhaps with a page."""
    text = body.decode(errors="replace")
    try:
        status = json.loads(text)
        return ApiError(code, str(status.get("reason", "")), str(status.get("message", text)))
    except (ValueError, AttributeError, RecursionError):
        return ApiError(code, "", text[:200])


def warning(header: str) -> str:
    """The text of a header `299 - "text"`; headers are read as Latin-1 and written as UTF-8."""
    try:
        return str(json.loads(header.encode("latin-1").split(b" ", 2)[2]))
    except (ValueError, IndexError):
        return header


def lines(response: Any) -> Iterator[bytes]:
    rest = b""
    for chunk in response.stream(amt=None, decode_content=False):
        *whole, rest = (rest + chunk).split(b"\n")
        yield from filter(None, whole)


def events(said: Json) -> Iterator[Json]:
    """A line of a watch: an event, or nothing for a bookmark, which only says that the watch lives. Raises ApiError."""
    if said.get("type") == "ERROR":
        status = said.get("object") or {}
        raise ApiError(status.get("code", 0), status.get("reason", ""), status.get("message", ""))
    if said.get("type") != "BOOKMARK":
        yield said
