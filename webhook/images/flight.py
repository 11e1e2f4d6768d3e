"""One look-up for all who want the same at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


@dataclass
class _Flight(Generic[V]):
    task: asyncio.Task[V]
    waiting: int = 0


class Flights(Generic[K, V]):
    """To be used on one event loop."""

    def __init__(self) -> None:
        self._running: dict[K, _Flight[V]] = {}

    async def run(self, key: K, make: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """What `make` returns or raises; it is called once for all who ask while it runs.

        Who is cancelled, by a deadline of its own, ends the others' look-up only where nobody is left.
        """
        if key not in self._running:
            task = asyncio.get_running_loop().create_task(make())
            self._running[key] = _Flight(task)
            task.add_done_callback(lambda done: self._ended(key, done))
        flight = self._running[key]
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiting -= 1
            if not flight.waiting and not flight.task.done():
                self._forget(key, flight.task)
                flight.task.cancel()

    def _ended(self, key: K, task: asyncio.Task[V]) -> None:
        self._forget(key, task)
        # Nobody may be left to hear of it.
        if not task.cancelled():
            task.exception()

    def _forget(self, key: K, task: asyncio.Task[V]) -> None:
        if key in self._running and self._running[key].task is task:
            del self._running[key]
