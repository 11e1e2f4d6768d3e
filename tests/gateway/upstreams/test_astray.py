"""What an upstream did not answer it may do late, and in any order: nothing is final before that must have come about."""

import asyncio

import pytest

from tests.gateway.granted import ADDRESS, OWNER
from tests.gateway.leaders import DONE, POLICY, UNKNOWN, Upstream, api, asks, authorized, leader, until_authorized
from tests.gateway.simulated import SimulatedApi
from tests.gateway.virtual import lived
from webhook.gateway.errors import Busy
from webhook.gateway.grants.grant import Call, Key
from webhook.gateway.replicas.leading import Leading
from webhook.gateway.upstreams.astray import Astray
from webhook.gateway.world import Answer

TIMEOUT = POLICY.gateway.upstreams["acl"].timeout


class Stopped(Upstream):
    """Does nothing for a while, and then, in a moment, all that it was asked meanwhile: of two kinds `last` comes last."""

    def __init__(self, begins: float, seconds: float, last: str) -> None:
        super().__init__()
        self.stops = asyncio.get_running_loop().time() + begins
        self.wakes = self.stops + seconds
        self.last = last

    async def __call__(self, upstream: str, call: Call, revoke: bool) -> Answer:
        loop = asyncio.get_running_loop()
        begun, moment = loop.time(), 0.2 if self.last == ("revoke" if revoke else "grant") else 0.1
        at = begun + self.seconds if begun < self.stops else max(begun + self.seconds, self.wakes + moment)
        do = self.held.discard if revoke else self.held.add
        loop.call_at(at, do, call.url.rpartition("/")[2])
        await asyncio.sleep(min(TIMEOUT, at - begun))
        return DONE if loop.time() >= at else UNKNOWN


class Losing(Upstream):
    """Gives no answer to the first call, and does it as late as it may."""

    async def __call__(self, upstream: str, call: Call, revoke: bool) -> Answer:
        if self.asked:
            return await super().__call__(upstream, call, revoke)
        self.asked.append("lost")
        do = self.held.discard if revoke else self.held.add
        asyncio.get_running_loop().call_later(2 * TIMEOUT - 0.1, do, call.url.rpartition("/")[2])
        await asyncio.sleep(TIMEOUT)
        return UNKNOWN


async def taken_over(held: SimulatedApi, made: Leading) -> None:
    """Pod `another` has the address of one whose grant was lost, and which has ended."""
    with pytest.raises(Busy):
        await authorized(made)
    held.starts(asks("orders", metadata={"uid": "another", "name": "another"}))
    await until_authorized(made, "another")
    held.ends(OWNER.namespace, OWNER.pod)
    await asyncio.sleep(1)


@pytest.mark.parametrize("seconds", [5, 11, 20.3, 33.7, 59])
def test_a_revoke_is_final_only_when_what_a_stopped_upstream_was_asked_has_come(seconds: float) -> None:
    async def life() -> None:
        held, upstream = api(asks("orders")), Stopped(0, seconds, last="grant")
        async with leader(held, upstream) as made:
            with pytest.raises(Busy):
                await authorized(made)
            held.ends(OWNER.namespace, OWNER.pod)
            await asyncio.sleep(200)
            assert not upstream.held

    lived(life())


@pytest.mark.parametrize("seconds", [5, 8.2, 11, 20.3, 33.7, 45, 59])
def test_a_grant_is_final_only_when_no_revoke_of_a_stopped_upstream_can_come_any_more(seconds: float) -> None:
    """The address of a pod that has ended is another's."""

    async def life() -> None:
        held, upstream = api(asks("orders")), Stopped(1, seconds, last="revoke")
        async with leader(held, upstream) as made:
            await authorized(made)
            await asyncio.sleep(1)
            held.ends(OWNER.namespace, OWNER.pod)
            await asyncio.sleep(seconds - 2)
            held.starts(asks("orders", metadata={"uid": "another"}))
            await until_authorized(made, "another")
            for _ in range(100):
                assert upstream.held == {ADDRESS}
                await asyncio.sleep(0.1)

    lived(life())


def test_what_another_pod_took_over_is_not_held_longer_than_by_that_one() -> None:
    """The first pod's grant comes late: after the second, which has its address, has ended, too."""

    async def life() -> None:
        held, upstream = api(asks("orders")), Losing()
        async with leader(held, upstream) as made:
            await taken_over(held, made)
            held.ends(OWNER.namespace, "another")
            await asyncio.sleep(30)
            assert not upstream.held

    lived(life())


def test_whoever_leads_next_knows_what_another_pod_took_over() -> None:
    async def life() -> None:
        held, upstream = api(asks("orders")), Losing()
        async with leader(held, upstream) as made:
            await taken_over(held, made)
        async with leader(held, upstream):
            held.ends(OWNER.namespace, "another")
            await asyncio.sleep(30)
            assert not upstream.held

    lived(life())


def test_an_answered_call_is_not_repeated() -> None:
    async def life() -> None:
        held, upstream = api(asks("orders")), Upstream()
        async with leader(held, upstream) as made:
            await authorized(made)
            held.ends(OWNER.namespace, OWNER.pod)
            await asyncio.sleep(10)
            assert upstream.asked == [f"grant {ADDRESS}", f"revoke {ADDRESS}"]

    lived(life())


def test_what_may_come_late_may_not_come_sooner_because_of_another_call() -> None:
    now = [0.0]
    key, astray = Key("acl", "orders", ADDRESS), Astray(3, lambda: now[0])
    astray.lost(key, False, 3.0)
    astray.answered()
    astray.lost(key, False, 0.2)
    now[0] = 0.3
    astray.answered()
    assert astray.until(key, False) == 6.0
    assert not astray.is_empty
    now[0] = 6.1
    assert astray.is_empty
