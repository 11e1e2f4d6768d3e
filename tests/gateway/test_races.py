"""Two things at once: the end of a pod while it is looked at, and of a leader while it takes back."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from tests.gateway.granted import ADDRESS, OWNER
from tests.gateway.leaders import Upstream, api, asks, authorized, leader, until_authorized
from tests.gateway.simulated import SimulatedApi
from tests.gateway.virtual import lived
from webhook.gateway.errors import Busy, Denied


class Stopped(Upstream):
    """Its first revoke is lost to whoever asked: it stops, and does it 2 s after it has gone on."""

    def __init__(self) -> None:
        super().__init__()
        self.lost = asyncio.Event()
        self._late = False

    async def __call__(self, upstream: Any, call: Any, revoke: Any) -> Any:
        if revoke and not self.lost.is_set():
            self.lost.set()
            self._late = True
            await asyncio.sleep(1e6)
        if self._late:
            self._late = False
            asyncio.get_running_loop().call_later(2, self.held.discard, ADDRESS)
        return await super().__call__(upstream, call, revoke)


def test_a_revoke_that_the_one_before_began_takes_nothing_from_who_has_the_address_now() -> None:
    """It stands in the Grant before the upstream is asked: the next leader knows that it may be on its way."""

    async def life() -> None:
        held, upstream = api(asks("orders")), Stopped()
        async with leader(held, upstream) as made:
            await authorized(made)
            held.ends(OWNER.namespace, OWNER.pod)
            await upstream.lost.wait()
        held.starts(asks("orders", metadata={"uid": "another", "name": "another"}))
        async with leader(held, upstream) as made:
            await until_authorized(made, "another")
            for _ in range(200):
                assert ADDRESS in upstream.held, upstream.asked
                await asyncio.sleep(0.1)

    lived(life())


class Ending(SimulatedApi):
    """The pod ends while it is read; the watch says so at once, and nothing is listed again."""

    _listed = False

    async def pods(self) -> Any:
        if self._listed:
            await asyncio.sleep(1e6)
        self._listed = True
        return await super().pods()

    def pod_changes(self, version: str) -> AsyncIterator[Any]:
        return self._told_at_once(int(version))

    async def _told_at_once(self, version: int) -> AsyncIterator[Any]:
        while True:
            await asyncio.sleep(0.05)
            for event in self._told["Pod"][version:]:
                version += 1
                yield event

    async def pod(self, namespace: str, name: str) -> Any:
        found = await super().pod(namespace, name)
        if (namespace, name) in self.running:
            self.ends(namespace, name)
            await asyncio.sleep(1)
        return found


def test_a_pod_that_ended_while_it_was_read_keeps_nothing() -> None:
    async def life() -> None:
        held, upstream = Ending(random.Random(1)), Upstream()
        held.starts(asks("orders"))
        async with leader(held, upstream) as made:
            with suppress(Busy, Denied):
                await authorized(made)
            await asyncio.sleep(10)
        assert not upstream.held

    lived(life())
