"""Whether a document survives inside another: what "a patch only adds" means, asked of the result instead of the operations."""

import re
from collections.abc import Iterator
from typing import Any

_STATUS = "/metadata/annotations/richpod.io/status"
_GRACE = "/spec/terminationGracePeriodSeconds"
_IMAGE = re.compile(r"/(image|reference)$")
_LIVENESS = re.compile(r"/spec/containers/\d+/livenessProbe")


def lost(before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Where `before` has something that `after` lacks or has otherwise.

    Lists may have grown anywhere, null may have become a value, our own status may be new, the name of an image may end as it
    did behind a mirror's prefix, a grace period may be longer, and a program of ours may ask for liveness in the kubelet's place.
    """
    if _LIVENESS.fullmatch(path) and _asked_by_ours(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        for key, value in before.items():
            if key in after:
                yield from lost(value, after[key], f"{path}/{key}")
            else:
                yield f"{path}/{key}"
    elif isinstance(before, list) and isinstance(after, list):
        rest = iter(after)
        for i, value in enumerate(before):
            if not any(next(lost(value, other, f"{path}/{i}"), None) is None for other in rest):
                yield f"{path}/{i}"
    elif not (
        before is None
        or path == _STATUS
        or _same(before, after)
        or _mirrored(before, after, path)
        or (path == _GRACE and after > before)
    ):
        yield path


def _same(before: Any, after: Any) -> bool:
    return type(before) is type(after) and bool(before == after)


def _asked_by_ours(before: Any, after: Any) -> bool:
    """Nothing but the httpGet is gone, and nothing but an exec has come."""
    command = (after.get("exec") or {}).get("command") or [""]
    kept = {key: value for key, value in before.items() if key != "httpGet"}
    return "httpGet" in before and command[0] == "/.richpod/bin/probe" and after == {**kept, "exec": {"command": command}}


def _mirrored(before: Any, after: Any, path: str) -> bool:
    return _IMAGE.search(path) is not None and str(after).endswith(f"/{str(before).rpartition('/')[2]}")
