"""What was found out, kept for a while, failures too; found out once for all who ask at the same time."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from webhook.errors import BadImage
from webhook.images.failures import Busy
from webhook.images.flight import Flights
from webhook.images.memory import Memory

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

FAILED = 10.0
"""Seconds for which a failure is kept: long enough for a rollout, short enough for whoever mends it."""
LONGEST = 10.0
"""Seconds that finding out may take, however little who asked is ready to wait: the next one finds it."""


class Cache(Generic[K, V]):
    """Holds at most `room` bytes, each value for `seconds`. To be used on one event loop.

    What was found out is anybody's who asks; why it was not is his who asked: another one may have more luck.
    """

    def __init__(self, room: int, seconds: float, size: Callable[[V], int], now: Callable[[], float]) -> None:
        self._found: Memory[K, V] = Memory(room)
        self._failed: Memory[tuple[K, Hashable], BadImage] = Memory(room)
        self._flights: Flights[tuple[K, Hashable], V] = Flights()
        self._seconds, self._size, self._now = seconds, size, now

    async def get(self, key: K, who: Hashable, find: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Raises what `find` raises, BadImage also where it did for `who` a moment ago."""
        found = self._found.get(key, self._now())
        if found is not None:
            return found
        if (failed := self._failed.get((key, who), self._now())) is not None:
            # Each raise would add to the traceback of one that is kept.
            raise type(failed)(*failed.args)
        return await self._flights.run((key, who), lambda: self._find(key, who, find))

    async def _find(self, key: K, who: Hashable, find: Callable[[], Coroutine[Any, Any, V]]) -> V:
        try:
            async with asyncio.timeout(LONGEST):
                found = await find()
        except TimeoutError:
            failed = BadImage(f"no answer came within {LONGEST:.0f} s")
        except BadImage as error:
            # A new one: the traceback holds all that was read, and the collector comes late.
            failed = type(error)(*error.args)
        else:
            self._found.put(key, found, self._size(found), self._now() + self._seconds)
            return found
        seconds = failed.seconds if isinstance(failed, Busy) else FAILED
        self._failed.put((key, who), failed, 500, self._now() + seconds)
        raise type(failed)(*failed.args)

    async def close(self) -> None:
        """Ends what is being found out."""
        await self._flights.close()
