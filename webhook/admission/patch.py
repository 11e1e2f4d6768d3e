"""RFC 6902 operations, recorded while deciding, never diffed.

An operation is checked and carried out on the pod at the moment it is recorded, so that later words see earlier ones; taking it
back is exact. A wrong operation would reject the pod even under failurePolicy Ignore and name nobody (seen), so a
word that cannot be right raises here.
"""

import re
from collections.abc import Sequence
from typing import Any

ALLOWED = (
    # what is altered, and why that is still additive
    (re.compile(r"/metadata/annotations/richpod\.io~1status"), "our own status"),
    (re.compile(r"/spec/terminationGracePeriodSeconds"), "only ever raised: what hooks take comes on top"),
    (re.compile(r"/spec/(initContainers|containers)/\d+/image"), "image prefix: a mirror of the same image"),
    (re.compile(r"/spec/containers/\d+/livenessProbe"), "its httpGet alone: an exec that asks the same takes its place"),
    (re.compile(r"/spec/volumes/\d+/image/reference"), "image prefix: a mirror of the same image"),
)
"""The only existing values a patch may replace. Insertion before argv adds list elements and alters none."""

Json = Any
Operation = dict[str, Json]


def escape(key: str) -> str:
    """One member name as a JSON pointer token (requirement 17)."""
    return key.replace("~", "~0").replace("/", "~1")


class Patch:
    """The operations of one pod, in order."""

    __slots__ = ("_undo", "operations")

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        # (operations before it, list or map, slice or key, value before or _ABSENT)
        self._undo: list[tuple[int, Json, Json, Json]] = []

    def add(self, parent: dict[str, Json], path: str, key: str, value: Json) -> None:
        """A member that is absent or null."""
        if parent.get(key) is not None:
            raise ValueError(f"{path}/{key} is there already")
        self._change("add", f"{path}/{escape(key)}", parent, key, value)

    def replace(self, parent: dict[str, Json], path: str, key: str, value: Json) -> None:
        """A member that has a value and stands in ALLOWED."""
        pointer = f"{path}/{escape(key)}"
        if parent.get(key) is None or not any(pattern.fullmatch(pointer) for pattern, _ in ALLOWED):
            raise ValueError(f"{pointer} may not be replaced")
        self._change("replace", pointer, parent, key, value)

    def append(self, parent: dict[str, Json], path: str, key: str, items: list[Json]) -> None:
        """Elements at the end of a list; the list as a whole where it is absent (requirements 14, 15)."""
        if not items:
            return
        existing = parent.get(key)
        if existing is None:
            self.add(parent, path, key, items)
            return
        pointer, start = f"{path}/{key}/-", len(existing)
        self._check(pointer, items)
        self._undo.append((len(self.operations), existing, slice(start, start + len(items)), _ABSENT))
        self.operations += [{"op": "add", "path": pointer, "value": item} for item in items]
        existing += items

    def insert(self, elements: list[Json], path: str, items: list[Json], at: int = 0) -> None:
        """Elements before the one that is `at` that place of a list that exists."""
        self._check(path, items)
        self._undo.append((len(self.operations), elements, slice(at, at + len(items)), _ABSENT))
        self.operations += [{"op": "add", "path": f"{path}/{i}", "value": item} for i, item in enumerate(items, at)]
        elements[at:at] = items

    def rollback(self, length: int) -> None:
        """Takes back every operation after the first `length`."""
        while self._undo and self._undo[-1][0] >= length:
            count, where, key, before = self._undo.pop()
            del self.operations[count:]
            if before is _ABSENT:
                del where[key]
            else:
                where[key] = before

    def _change(self, op: str, pointer: str, parent: dict[str, Json], key: str, value: Json) -> None:
        self._check(pointer, (value,))
        self._undo.append((len(self.operations), parent, key, parent.get(key, _ABSENT)))
        self.operations.append({"op": op, "path": pointer, "value": value})
        # The pod gets a list or map of its own: what is added to it later is an operation of its own.
        parent[key] = value.copy() if type(value) in (dict, list) else value

    @staticmethod
    def _check(pointer: str, values: Sequence[Json]) -> None:
        # null would set nothing, a float breaks integer fields; without a leading slash the first segment is lost in silence.
        if pointer[0] != "/" or not _VALUES.issuperset(map(type, values)):
            raise ValueError(f"{pointer}: {values!r} cannot be in a patch")


_ABSENT = object()
_VALUES = {dict, list, str, int, bool}
