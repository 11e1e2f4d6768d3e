"""The ceiling of one upstream: who may call it when. First come, first served; grants and revokes wait in the same line."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

SLACK = 1.02
"""Times as far apart as the ceiling asks."""
LONGEST = 0.5
"""Seconds for which a call is waited for that may have come late: others would lose too many turns to one that hangs."""


class Late(Exception):
    """There is no turn before the caller's deadline; `seconds` is how long the line is."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the line is {seconds:.0f} s long")
        self.seconds = seconds


@dataclass
class _Call:
    begun: float
    answered: float | None = None


class Queue:
    """At most `per_second` calls begin in any second, and `in_flight` are on their way at once; none before `first`."""

    def __init__(self, per_second: float, in_flight: int, first: float = 0.0) -> None:
        self._distance = SLACK / per_second
        self._free = in_flight
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._next = first
        most = max(1, int(per_second))
        self._calls, self._span = deque[_Call](maxlen=most), most * self._distance
        self._pacing = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    @asynccontextmanager
    async def turn(self, deadline: float) -> AsyncIterator[None]:
        """Holds a place in flight, once it is the caller's turn. Raises Late: at once, where the line is too long already.

        `deadline` is in the loop's time. Who leaves the line costs nobody a turn.
        """
        loop = asyncio.get_running_loop()
        if loop.time() + (line := self._seconds(loop.time())) > deadline:
            raise Late(line)
        mine = loop.create_future()
        self._waiting.append(mine)
        self._admit()
        try:
            async with asyncio.timeout_at(deadline):
                await mine
        except BaseException as error:
            self._leave(mine)
            if isinstance(error, TimeoutError):
                raise Late(self._seconds(loop.time())) from None
            raise
        try:
            yield
        finally:
            self._free += 1
            self._admit()

    @asynccontextmanager
    async def paced(self) -> AsyncIterator[None]:
        """Around nothing but the call: what is to be done between a turn and it takes longer for some than for others.

        The upstream counts calls when they come to it. One that is answered later than others may have come later: the one that
        has its place a span later is as late.
        """
        loop = asyncio.get_running_loop()
        async with self._pacing:
            while (
                len(self._calls) == self._calls.maxlen and (left := self._again_at(self._calls[0], loop.time()) - loop.time()) > 0
            ):
                await asyncio.sleep(left)
            mine = _Call(loop.time())
            self._calls.append(mine)
        try:
            yield
        finally:
            mine.answered = loop.time()

    def _again_at(self, call: _Call, now: float) -> float:
        least = min((each.answered - each.begun for each in self._calls if each.answered is not None), default=float("inf"))
        return call.begun + self._span + min(max(0.0, (call.answered or now) - call.begun - least), LONGEST)

    def _seconds(self, now: float) -> float:
        """Until the turn of one who comes now, if calls take no time."""
        return max(0.0, self._next - now) + self._distance * len(self._waiting)

    def _leave(self, mine: "asyncio.Future[None]") -> None:
        """It may have been called at the same moment."""
        if mine.done() and not mine.cancelled():
            self._free += 1
        elif mine in self._waiting:
            self._waiting.remove(mine)
        self._admit()

    def _admit(self) -> None:
        """Calls the first in line when there is a place and it is time."""
        loop = asyncio.get_running_loop()
        while self._timer is None and self._waiting and self._free:
            now = loop.time()
            if now < self._next:
                self._timer = loop.call_at(self._next, self._again)
            elif not (first := self._waiting.popleft()).done():
                self._free -= 1
                self._next = max(now, self._next) + self._distance
                first.set_result(None)

    def _again(self) -> None:
        self._timer = None
        self._admit()
