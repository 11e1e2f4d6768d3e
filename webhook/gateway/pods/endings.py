"""Pods that have ended: their entries are revoked, however long that takes, and then their Grants are forgotten."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from webhook.errors import ApiError
from webhook.gateway.errors import Busy, another_leads
from webhook.gateway.grants.grant import Grant
from webhook.gateway.grants.ledger import Ledger
from webhook.gateway.upstreams.limits import forgotten
from webhook.gateway.upstreams.work import Work

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 60.0, 120.0, 300.0)
"""Seconds before the next try, after one that failed, two, and so on."""
SWEEP = 0.1
"""Of a window: how often it is looked for Grants that nobody needs any more."""

Start = Callable[[Coroutine[Any, Any, None]], asyncio.Task[None]]
"""Begins a task that ends at the latest when the replica leads no more."""


class Endings:
    """At most one task for each pod. `clock`: seconds since 1970; `told`: hears of Grants of which nothing is held any more."""

    def __init__(
        self, ledger: Ledger, work: Work, window: float, clock: Callable[[], float], told: Callable[[Grant], None], start: Start
    ) -> None:
        self._ledger, self._work, self._window, self._clock, self._told = ledger, work, window, clock, told
        self._start = start
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.counts = True
        """Whether attempts are kept for limits; not where nothing is granted any more."""

    def end(self, uid: str, why: str) -> None:
        """Also of a Grant that has ended already: whoever led before may not have come to its end."""
        if uid in self._ledger.grants and uid not in self._tasks and self._is_left(uid):
            self._tasks[uid] = self._start(self._whole(uid, why))
            self._tasks[uid].add_done_callback(lambda _: self._tasks.pop(uid))

    async def over(self, uid: str, deadline: float) -> None:
        """Returns once nothing is held for a Grant that has ended. `deadline`: in the loop's time. Raises Busy."""
        if task := self._tasks.get(uid):
            await asyncio.wait([task], timeout=deadline - asyncio.get_running_loop().time())
            if task.cancelled():
                raise another_leads()
            if not task.done():
                held = ", ".join(sorted({entry.key.upstream for entry in self._ledger.grants[uid].held}))
                raise Busy(503, f"what the pod had at its former address is still to be revoked by {held}", PAUSES[0])

    def _is_left(self, uid: str) -> bool:
        grant = self._ledger.grants[uid]
        return not grant.ended or bool(grant.held)

    async def _whole(self, uid: str, why: str) -> None:
        failures = 0
        while not await self._tried(uid, why) or self._is_left(uid):
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1
        self._told(self._ledger.grants[uid])

    async def _tried(self, uid: str, why: str) -> bool:
        try:
            if not self._ledger.grants[uid].ended:
                await self._ledger.change(uid, lambda grant: grant._replace(ended=why), self._clock())
            return all([await self._work.revoke(uid, entry.key) for entry in self._ledger.grants[uid].held])
        except (ApiError, Busy):
            return False

    async def forget(self) -> NoReturn:
        """Drops what has ended and been revoked, once no limit depends on it."""
        while True:
            for uid, grant in [*self._ledger.grants.items()]:
                if grant.ended and uid not in self._tasks and not self._is_left(uid) and self._is_forgotten(grant):
                    try:
                        await self._ledger.drop(uid)
                    except ApiError:
                        continue
            await asyncio.sleep(max(1.0, SWEEP * self._window))

    def _is_forgotten(self, grant: Grant) -> bool:
        moments = (forgotten(attempt, self._window) for entry in grant.entries for attempt in entry.attempts)
        return not self.counts or max(moments, default=0.0) <= self._clock()
