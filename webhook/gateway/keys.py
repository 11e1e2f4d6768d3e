"""Work on one thing is serial: a grant and a revoke of the same entry never cross on their way, nor do two writes of a Grant."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager
from typing import Generic, TypeVar

T = TypeVar("T", bound=Hashable)


class Keys(Generic[T]):
    """One lock for each key that somebody works on, or waits for."""

    def __init__(self) -> None:
        self._locks: dict[T, asyncio.Lock] = {}
        self._users: Counter[T] = Counter()

    def users(self, key: T) -> int:
        """Who works on it or waits for it."""
        return self._users.get(key, 0)

    @asynccontextmanager
    async def alone(self, key: T) -> AsyncIterator[None]:
        self._users[key] += 1
        try:
            async with self._locks.setdefault(key, asyncio.Lock()):
                yield
        finally:
            self._users[key] -= 1
            if not self._users[key]:
                del self._users[key], self._locks[key]
