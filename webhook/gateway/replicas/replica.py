"""One of several replicas: looks who leads, leads when it may, and then tells the Service where pods find it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NoReturn

from webhook.gateway.errors import another_leads, closed
from webhook.gateway.grants import stored
from webhook.gateway.metrics import Metrics
from webhook.gateway.pods.authorizing import Authorizing
from webhook.gateway.replicas.election import Election
from webhook.gateway.replicas.leading import Leading
from webhook.log import Log

SOON = 0.2
"""Seconds."""
PATIENCE = 2.0
"""Seconds that it may take to be found: meanwhile nobody renews the Lease."""

Begin = Callable[[Callable[[], bool], float], Leading]
"""Whether it leads still, and the seconds for which the one before has begun nothing."""
Show = Callable[[], Awaitable[str]]
"""Lets pods find this replica; why they cannot, "" where they can."""


class Replica:
    def __init__(self, election: Election, begin: Begin, show: Show, metrics: Metrics, log: Log) -> None:
        self._election, self._begin, self._show, self._metrics, self._log = election, begin, show, metrics, log
        self.leading: Leading | None = None
        self._life: asyncio.Task[NoReturn] | None = None
        self._term = self._lives = 0
        self._said: str | None = None

    @property
    def authorizing(self) -> Authorizing | None:
        """None while this replica does not lead, has not read the ledger yet, or is asked to end everything."""
        return self.leading.authorizing if self.leading and self._leads() and not self._election.closes else None

    def answering(self) -> Authorizing:
        """Raises Busy where it is None."""
        if self._election.closes:
            raise closed()
        if (found := self.authorizing) is None:
            raise another_leads()
        return found

    def waiting(self, upstream: str) -> int:
        """In the upstream's line."""
        return self.leading.upstreams[upstream].waiting if self.leading else 0

    def count(self, phase: str) -> int:
        """Of Grants in it."""
        return sum(stored.phase(grant) == phase for grant in self.leading.ledger.grants.values()) if self.leading else 0

    async def run(self) -> NoReturn:
        """Raises what ended its life as a leader, which is a fault."""
        while True:
            pause = await self._election.look()
            if self._life and self._life.done():
                self._life.result()
            if self.leading and not self._leads():
                await self._end()
            if self._election.leads() and not self.leading:
                self._lead()
            if self.leading and self.leading.authorizing:
                await self._shown()
                if self._election.closes:
                    self.leading.close()
            # The ledger is being read.
            await asyncio.sleep(SOON if self.leading and not self.leading.authorizing else pause)

    async def leave(self) -> None:
        """Ends what is on its way, and lets another lead."""
        await self._election.leave(self._end)

    def _leads(self) -> bool:
        return self._election.leads() and self._election.term == self._term

    def _lead(self) -> None:
        self._term = term = self._election.term
        self._lives = life = self._lives + 1
        self.leading = self._begin(lambda: self._lives == life and self._leads(), self._election.quiet)
        self._life = asyncio.create_task(self.leading.run())
        self._metrics.leads.set(1)
        self._log("leading", term=term)

    async def _end(self) -> bool:
        """Whether nothing that it asked of an upstream may still come about."""
        if self._life is None or self.leading is None:
            return True
        self._life.cancel()
        await asyncio.wait([self._life])
        life, left = self._life, self.leading
        self.leading = self._life = self._said = None
        self._metrics.leads.set(0)
        self._metrics.found.set(0)
        self._log("leading-no-more", term=self._term)
        if not life.cancelled():
            life.result()
        return all(upstream.has_lost_nothing for upstream in left.upstreams.values())

    async def _shown(self) -> None:
        try:
            problem = await asyncio.wait_for(self._show(), PATIENCE)
        except TimeoutError:
            problem = "the API server is slow"
        self._metrics.found.set(not problem)
        if problem != self._said:
            self._said = problem
            if problem:
                self._log("not-found", why=problem)
            else:
                self._log("found")
