"""Replicas that look who leads: one answers pods and is found, another takes its place."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn

import pytest

from tests.gateway.granted import ADDRESS
from tests.gateway.leaders import POLICY, UNKNOWN, Upstream, api, asks
from tests.gateway.leases import SimulatedLeases
from tests.gateway.simulated import SimulatedApi
from tests.gateway.virtual import lived
from webhook.gateway.errors import Busy
from webhook.gateway.metrics import Metrics
from webhook.gateway.replicas.election import CLOSE, Election
from webhook.gateway.replicas.leading import Leading
from webhook.gateway.replicas.replica import Replica

Json = dict[str, Any]

DURATION = 10


class Site(NamedTuple):
    leases: SimulatedLeases
    held: SimulatedApi
    upstream: Upstream
    found: list[str]
    """Whom the Service led to, one after the other."""
    lines: list[str]

    def replica(self, name: str, show: Callable[[], str] = lambda: "") -> Replica:
        clock = asyncio.get_running_loop().time
        election = Election(self.leases, name, DURATION, clock, lambda: datetime.fromtimestamp(clock(), UTC))

        def begin(leads: Callable[[], bool], quiet: float) -> Leading:
            return Leading(self.held, self.upstream, POLICY, clock, leads, 0.0, lambda _: None, lambda _: None, lambda _: None)

        async def shown() -> str:
            if not (problem := show()):
                self.found.append(name)
            return problem

        metrics = Metrics([], lambda _: 0, lambda _: 0)
        return Replica(election, begin, shown, metrics, lambda event, **facts: self.lines.append(f"{name} {event}"))


def site() -> Site:
    return Site(SimulatedLeases(random.Random(1)), api(asks("orders")), Upstream(), [], [])


async def started(replica: Replica) -> "asyncio.Task[NoReturn]":
    """It has had the time to lead, or to see another lead."""
    life = asyncio.create_task(replica.run())
    await asyncio.sleep(5)
    return life


async def asked(replica: Replica) -> None:
    assert replica.authorizing is not None
    await replica.authorizing.authorize("5f0c", asyncio.get_running_loop().time() + 20, lambda who, asked: None)


def test_one_leads_and_another_takes_its_place_within_15_s_of_its_end() -> None:
    async def life() -> None:
        loop, here = asyncio.get_running_loop(), site()
        first, second = here.replica("a"), here.replica("b")
        leading = await started(first)
        waiting = asyncio.create_task(second.run())
        await asyncio.sleep(30)
        assert (first.authorizing is None, second.authorizing is None) == (False, True)
        assert set(here.found) == {"a"}
        await asked(first)
        leading.cancel()
        died = loop.time()
        while here.found[-1] != "b":
            await asyncio.sleep(0.1)
        assert loop.time() - died < 15
        await asked(second)
        assert here.upstream.asked == [f"grant {ADDRESS}"]
        waiting.cancel()

    lived(life())


def test_whoever_leaves_is_followed_at_once() -> None:
    async def life() -> None:
        loop, here = asyncio.get_running_loop(), site()
        first, second = here.replica("a"), here.replica("b")
        leading = await started(first)
        waiting = await started(second)
        leading.cancel()
        begun = loop.time()
        await first.leave()
        assert first.authorizing is None
        while second.authorizing is None:
            await asyncio.sleep(0.1)
        assert loop.time() - begun < 5
        waiting.cancel()

    lived(life())


def test_whoever_leaves_a_call_without_an_answer_behind_is_not_followed_at_once() -> None:
    async def life() -> None:
        here = site()
        first = here.replica("a")
        leading = await started(first)
        here.upstream.answer = UNKNOWN
        with pytest.raises(Busy):
            await asked(first)
        leading.cancel()
        await first.leave()
        assert here.leases.held is not None
        assert here.leases.held["spec"]["holderIdentity"] == "a"

    lived(life())


def test_one_that_is_told_to_leave_while_it_ends_leads_no_more() -> None:
    async def life() -> None:
        here = site()
        here.upstream.seconds = 30
        replica = here.replica("a")
        life = await started(replica)
        asking = asyncio.create_task(asked(replica))
        await asyncio.sleep(1)
        here.leases.trouble = 1.0
        while replica.authorizing is not None:
            await asyncio.sleep(0.1)
        here.leases.trouble = 0.0
        life.cancel()
        await replica.leave()
        await asyncio.sleep(60)
        assert life.cancelled()
        assert here.lines.count("a leading") == 1
        await asyncio.gather(asking, return_exceptions=True)

    lived(life())


def test_whoever_cannot_renew_leads_no_more_and_then_again() -> None:
    async def life() -> None:
        here = site()
        replica = here.replica("a")
        life = await started(replica)
        here.leases.trouble = 1.0
        await asyncio.sleep(20)
        assert replica.authorizing is None
        here.leases.trouble = 0.0
        await asyncio.sleep(10)
        await asked(replica)
        assert here.lines == ["a leading", "a found", "a leading-no-more", "a leading", "a found"]
        life.cancel()

    lived(life())


def test_why_pods_cannot_find_it_is_said_once() -> None:
    async def life() -> None:
        here = site()
        life = asyncio.create_task(here.replica("a", lambda: "there is no EndpointSlice").run())
        await asyncio.sleep(30)
        assert here.lines == ["a leading", "a not-found"]
        life.cancel()

    lived(life())


def test_an_annotation_of_the_lease_ends_everything() -> None:
    async def life() -> None:
        here = site()
        replica = here.replica("a")
        life = await started(replica)
        await asked(replica)
        assert here.leases.held is not None
        here.leases.held["metadata"]["annotations"] = {CLOSE: "true"}
        here.leases.held["metadata"]["resourceVersion"] += "0"
        await asyncio.sleep(10)
        with pytest.raises(Busy, match="closed by an administrator"):
            replica.answering()
        assert not here.upstream.held
        life.cancel()

    lived(life())


def test_a_fault_of_its_own_ends_it() -> None:
    """What it knows may not be so any more."""

    async def life() -> None:
        here = site()

        async def broken() -> Any:
            return [{"metadata": {}}], "0"

        here.held.pods = broken  # type: ignore[method-assign]
        with pytest.raises(ExceptionGroup):
            await asyncio.wait_for(here.replica("a").run(), 60)

    lived(life())
