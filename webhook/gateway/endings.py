"""Pods that have ended: their entries are revoked, however long that takes, and then their Grants are forgotten."""

import asyncio
from collections.abc import Callable

from webhook.errors import ApiError
from webhook.gateway.grant import HELD, Grant
from webhook.gateway.ledger import Ledger
from webhook.gateway.limits import forgotten
from webhook.gateway.work import Busy, Work

PAUSES = (1.0, 2.0, 4.0, 8.0, 16.0, 30.0)
"""Seconds before the next try, after one that failed, two, and so on."""


class Endings:
    """At most one task for each pod. `clock`: seconds since 1970."""

    def __init__(self, ledger: Ledger, work: Work, window: float, clock: Callable[[], float]) -> None:
        self._ledger, self._work, self._window, self._clock = ledger, work, window, clock
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def end(self, uid: str, why: str) -> None:
        """Also of a Grant that has ended already: whoever led before may not have come to its end."""
        if uid in self._ledger.grants and uid not in self._tasks:
            self._tasks[uid] = asyncio.create_task(self._whole(uid, why))
            self._tasks[uid].add_done_callback(lambda _: self._tasks.pop(uid, None))

    async def _whole(self, uid: str, why: str) -> None:
        failures = 0
        while not await self._tried(uid, why):
            await asyncio.sleep(PAUSES[min(failures, len(PAUSES) - 1)])
            failures += 1
        while (left := self._forgotten(self._ledger.grants[uid]) - self._clock()) > 0:
            await asyncio.sleep(max(1.0, left))
        while not await self._dropped(uid):
            await asyncio.sleep(PAUSES[-1])

    async def _tried(self, uid: str, why: str) -> bool:
        try:
            if not self._ledger.grants[uid].ended:
                await self._ledger.change(uid, lambda grant: grant._replace(ended=why), self._clock())
            held = [entry.key for entry in self._ledger.grants[uid].entries if entry.state in HELD]
            return all([await self._work.revoke(uid, key) for key in held])
        except (ApiError, Busy):
            return False

    def _forgotten(self, grant: Grant) -> float:
        """The moment from which limits do not depend on it any more."""
        return max((forgotten(attempt, self._window) for entry in grant.entries for attempt in entry.attempts), default=0.0)

    async def _dropped(self, uid: str) -> bool:
        try:
            await self._ledger.drop(uid)
        except ApiError:
            return False
        return True
