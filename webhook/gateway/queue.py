"""The ceiling of one upstream: who may call it when. First come, first served; grants and revokes wait in the same line."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

SLACK = 1.05
"""Times as far apart as the ceiling asks: on its way one call may come closer to the one before."""


class Late(Exception):
    """There is no turn before the caller's deadline; `seconds` is how long the line is."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the line is {seconds:.0f} s long")
        self.seconds = seconds


class Queue:
    """At most `per_second` calls begin in any second, and `in_flight` are on their way at once; none before `first`."""

    def __init__(self, per_second: float, in_flight: int, first: float = 0.0) -> None:
        self._distance = SLACK / per_second
        self._free = in_flight
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._next = first
        self._begun = deque[float](maxlen=max(1, int(per_second)))
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

    async def pace(self) -> None:
        """To be awaited right before the call: what is to be done between a turn and it takes longer for some than for others."""
        loop, most = asyncio.get_running_loop(), self._begun.maxlen or 1
        async with self._pacing:
            while len(self._begun) == most and (left := self._begun[0] + most * self._distance - loop.time()) > 0:
                await asyncio.sleep(left)
            self._begun.append(loop.time())

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
        if self._timer is not None or not self._waiting or not self._free:
            return
        now = loop.time()
        if now < self._next:
            self._timer = loop.call_at(self._next, self._again)
            return
        first = self._waiting.popleft()
        if not first.done():
            self._free -= 1
            self._next = max(now, self._next) + self._distance
            first.set_result(None)
        self._admit()

    def _again(self) -> None:
        self._timer = None
        self._admit()
