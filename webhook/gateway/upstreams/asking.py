"""One upstream as it is asked: in its line, at its pace, and minding what it did not answer."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import NamedTuple

from webhook.gateway.errors import Busy
from webhook.gateway.grants.grant import Call, Entry, Key
from webhook.gateway.upstreams.astray import Astray
from webhook.gateway.upstreams.queue import Late, Queue
from webhook.gateway.world import Answer, Ask
from webhook.policy.gateway import Upstream

EPSILON = 0.001
"""Seconds: behind, not at the same moment."""


class Said(NamedTuple):
    """`stays`: no call to the contrary that was lost may come behind it."""

    answer: Answer
    stays: bool


class Asking:
    """`clock`: seconds since 1970. `first`: before it, in the loop's time, nobody is called."""

    def __init__(self, name: str, upstream: Upstream, ask: Ask, clock: Callable[[], float], first: float) -> None:
        self._name, self._ask, self._clock = name, ask, clock
        self.timeout = upstream.timeout
        self._queue = Queue(upstream.per_second, upstream.in_flight, first)
        self._astray = Astray(upstream.timeout, clock)

    @property
    def waiting(self) -> int:
        return self._queue.waiting

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """`deadline`: in the loop's time. Raises Busy."""
        try:
            async with self._queue.turn(deadline):
                yield
        except Late as error:
            raise Busy(503, f"{self._name} is busy: {error}", error.seconds) from None

    async def call(self, key: Key, call: Call, revoke: bool, must: Callable[[], None]) -> Said:
        """`must` raises where it must not be called any more, however late that is found."""
        async with self._queue.paced():
            must()
            begun = self._clock()
            answer = await self._ask(self._name, call, revoke=revoke)
        if answer.done is None:
            self._astray.lost(key, revoke, self._clock())
        else:
            self._astray.answered()
        return Said(answer, begun > self._astray.until(key, not revoke))

    async def behind(self, key: Key, revokes: bool, deadline: float) -> None:
        """Returns when a call comes behind all revokes, or grants, of it that were lost. Raises Busy.

        Of an upstream that is silent nobody knows when that is: asked, it may say something.
        """
        left = self._astray.until(key, revokes) - self._clock()
        if 0 <= left < float("inf"):
            if asyncio.get_running_loop().time() + left > deadline:
                raise Busy(503, f"{self._name} has not answered the last revoke of it", left)
            await asyncio.sleep(left + EPSILON)

    def inherit(self, entry: Entry) -> None:
        """What whoever led before may have lost."""
        for attempt in entry.unknown:
            self._astray.lost(entry.key, False, attempt.at + self.timeout)
        if entry.state == "revoking":
            self._astray.lost(entry.key, True, self._clock())

    def is_settled(self, key: Key) -> bool:
        """Whether nothing that was lost may still be granted."""
        return self._astray.until(key, revoke=False) < self._clock()

    @property
    def has_lost_nothing(self) -> bool:
        """That may still come about."""
        return self._astray.is_empty
