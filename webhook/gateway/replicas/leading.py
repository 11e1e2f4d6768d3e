"""What a replica has while it leads: made when it begins to, and thrown away when it leads no more."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, NoReturn

from webhook.errors import ApiError
from webhook.gateway.errors import another_leads
from webhook.gateway.grants.grant import Grant
from webhook.gateway.grants.ledger import Ledger
from webhook.gateway.grants.written import Written
from webhook.gateway.pods.authorizing import Authorizing
from webhook.gateway.pods.endings import Endings
from webhook.gateway.pods.following import PAUSE
from webhook.gateway.pods.watching import Watching
from webhook.gateway.replicas.guarding import Guarding
from webhook.gateway.upstreams.asking import Asking
from webhook.gateway.upstreams.work import Work
from webhook.gateway.world import Api, Ask
from webhook.policy import Policy


class Leading:
    """`clock`: seconds since 1970. `leads`: whether it still does. `first`: before it, in the loop's time, no upstream is asked.

    `ended`: hears of each Grant of which nothing is held any more; `restored`: of those that are as they were again, after
    somebody else wrote or deleted them; `unreadable`: of those that nobody can do anything about.
    """

    def __init__(
        self,
        api: Api,
        ask: Ask,
        policy: Policy,
        clock: Callable[[], float],
        leads: Callable[[], bool],
        first: float,
        ended: Callable[[Grant], None],
        restored: Callable[[Grant], None],
        unreadable: Callable[[str], None],
    ) -> None:
        self._api, self._policy, self._clock, self._unreadable = api, policy, clock, unreadable
        self.upstreams: Mapping[str, Asking] = {
            name: Asking(name, upstream, ask, clock, first) for name, upstream in policy.gateway.upstreams.items()
        }
        written = Written(api)
        self.ledger = Ledger(written, leads)
        self._work = Work(self.ledger, self.upstreams, policy.gateway.window, clock, leads)
        self._tasks = asyncio.TaskGroup()
        self._endings = Endings(self.ledger, self._work, policy.gateway.window, clock, ended, self._start)
        self._watching = Watching(api, self.ledger, self._endings, self._start)
        self._guarding = Guarding(api, written, self.ledger, self._watching, clock, restored, self._start)
        self.authorizing: Authorizing | None = None
        """There once the ledger has been read."""

    async def run(self) -> NoReturn:
        """Until it is cancelled; then upstreams that are being asked still answer."""
        try:
            async with self._tasks:
                await self._load()
                self.authorizing = Authorizing(
                    self._api, self._policy, self.ledger, self._work, self._endings, self._watching, self._clock
                )
                for life in (self._watching.follow(), self._guarding.follow(), self._endings.forget()):
                    self._tasks.create_task(life)
        finally:
            self.authorizing = None
            await self._work.finish()
        raise AssertionError("what follows the cluster never ends")

    def _start(self, life: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Raises Busy once this replica has stopped leading: requests that it took before are still being answered."""
        try:
            return self._tasks.create_task(life)
        except RuntimeError:
            life.close()
            raise another_leads() from None

    async def _load(self) -> None:
        while True:
            try:
                for sentence in await self.ledger.load(self._clock()):
                    self._unreadable(sentence)
                self._work.inherit()
                return
            except ApiError:
                await asyncio.sleep(PAUSE)

    def close(self) -> None:
        """Everything is revoked: richpod is about to be taken out of the cluster. To be said again while pods still ask."""
        self._endings.counts = False
        for uid, grant in [*self.ledger.grants.items()]:
            self._endings.end(uid, grant.ended or "richpod is being removed")
