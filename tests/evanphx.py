"""RFC 6902 as kube-apiserver applies it: evanphx/json-patch v4, for the operations a webhook may send.

Stricter than the RFC nowhere, laxer in three places (seen on a live API server): `replace` of a missing member adds it, negative
indexes count from the end, and a path without a leading slash loses its first segment in silence. Requirement 18 wants patches
that never meet a difference.
"""

from copy import deepcopy
from typing import Any


class DoesNotApply(Exception):
    """The API server answers 500 for the whole pod, whatever failurePolicy says."""


def apply(document: Any, operations: list[dict[str, Any]]) -> Any:
    document = deepcopy(document)
    for operation in operations:
        _apply(document, operation)
    return document


def _apply(document: Any, operation: dict[str, Any]) -> None:
    _, *segments = operation["path"].split("/")
    if not segments:
        return
    *parents, last = (segment.replace("~1", "/").replace("~0", "~") for segment in segments)
    holder = document
    for key in parents:
        try:
            holder = holder[int(key)] if isinstance(holder, list) else holder[key]
        except (KeyError, IndexError, TypeError, ValueError):
            raise DoesNotApply(f"{operation['path']}: missing {key}") from None
    value = deepcopy(operation.get("value"))
    if isinstance(holder, dict):
        holder[last] = value
    elif not isinstance(holder, list):
        raise DoesNotApply(f"{operation['path']}: no container to add to")
    elif operation["op"] == "add":
        _insert(holder, last, value)
    else:
        _set(holder, last, value)


def _insert(holder: list[Any], last: str, value: Any) -> None:
    index = len(holder) if last == "-" else int(last)
    if index > len(holder) or index < -len(holder):
        raise DoesNotApply(f"index {last} out of bounds")
    holder.insert(index, value)


def _set(holder: list[Any], last: str, value: Any) -> None:
    try:
        holder[int(last)] = value
    except (IndexError, ValueError):
        raise DoesNotApply(f"index {last} out of bounds") from None
