"""What was learned of registries, for a while and as long as there is room."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Memory(Generic[K, V]):
    """Holds at most `room` bytes, by what its callers say of each entry; forgets what was asked for least recently.

    Times are seconds of one clock, an argument of each call.
    """

    def __init__(self, room: int) -> None:
        self._room, self._held = room, 0
        self._entries: OrderedDict[K, tuple[V, int, float]] = OrderedDict()

    @property
    def held(self) -> int:
        """Bytes."""
        return self._held

    def get(self, key: K, now: float) -> V | None:
        """None where nothing is known any more."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        value, _, until = entry
        if until <= now:
            self._forget(key)
            return None
        self._entries.move_to_end(key)
        return value

    def put(self, key: K, value: V, size: int, until: float) -> None:
        """In place of what was known; what is larger than all the room is not kept."""
        if key in self._entries:
            self._forget(key)
        if size > self._room:
            return
        self._entries[key] = (value, size, until)
        self._held += size
        while self._held > self._room:
            self._forget(next(iter(self._entries)))

    def _forget(self, key: K) -> None:
        self._held -= self._entries.pop(key)[1]
