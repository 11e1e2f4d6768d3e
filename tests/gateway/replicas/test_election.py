"""Who leads: at most one at any moment, and soon somebody, whoever dies, sleeps or cannot reach the API server."""

import asyncio
import random
from datetime import UTC, datetime

import pytest

from tests.gateway.leases import SimulatedLeases
from tests.gateway.virtual import lived
from webhook.gateway.replicas.election import Election

DURATION = 10


def election(leases: SimulatedLeases, me: str) -> Election:
    clock = asyncio.get_running_loop().time
    return Election(leases, me, DURATION, clock, lambda: datetime.fromtimestamp(clock(), UTC))


async def runs(one: Election) -> None:
    while True:
        await asyncio.sleep(await one.look())


@pytest.mark.parametrize("seed", range(30))
def test_never_two_and_soon_one(seed: int) -> None:
    """Candidates die, and others come; each may be unable to reach the API server for a while."""

    async def life() -> None:
        chance = random.Random(seed)
        leases, loop = SimulatedLeases(chance), asyncio.get_running_loop()
        living: dict[Election, asyncio.Task[None]] = {}
        led = 0.0
        while loop.time() < 600:
            leases.trouble = chance.choice([0.0, 0.2, 0.8]) if loop.time() < 500 else 0.0
            while len(living) < 2:
                candidate = election(leases, f"replica-{chance.random()}")
                living[candidate] = asyncio.create_task(runs(candidate))
            if chance.random() < 0.02:
                living.pop(chance.choice([*living])).cancel()
            leaders = [one for one in living if one.leads()]
            assert len(leaders) <= 1
            led += 0.1 if leaders else 0
            await asyncio.sleep(0.1)
        assert led > 60
        await asyncio.sleep(2 * DURATION)
        assert [one for one in living if one.leads()]
        for task in living.values():
            task.cancel()

    lived(life())


def test_a_standby_takes_over_within_15_s_of_a_leader_that_dies() -> None:
    async def life() -> None:
        leases, loop = SimulatedLeases(random.Random(1)), asyncio.get_running_loop()
        first, second = election(leases, "a"), election(leases, "b")
        leading = asyncio.create_task(runs(first))
        await asyncio.sleep(30)
        waiting = asyncio.create_task(runs(second))
        await asyncio.sleep(30)
        assert (first.leads(), second.leads(), second.holder) == (True, False, "a")
        leading.cancel()
        died = loop.time()
        while not second.leads():
            await asyncio.sleep(0.1)
        assert not first.leads()
        assert loop.time() - died < 15
        waiting.cancel()

    lived(life())


def test_whoever_leaves_lets_another_lead_at_once_when_its_work_is_done() -> None:
    async def life() -> None:
        leases, loop = SimulatedLeases(random.Random(1)), asyncio.get_running_loop()
        first, second = election(leases, "a"), election(leases, "b")
        await first.look()
        done: list[bool] = []

        async def finish() -> bool:
            await second.look()
            done.append(second.leads())
            return True

        await first.leave(finish)
        assert done == [False]
        begun = loop.time()
        await second.look()
        assert second.leads()
        assert loop.time() - begun < 3

    lived(life())


def test_whoever_leaves_something_on_its_way_lets_its_lease_run_out() -> None:
    async def life() -> None:
        leases, loop = SimulatedLeases(random.Random(1)), asyncio.get_running_loop()
        first, second = election(leases, "a"), election(leases, "b")
        await first.look()

        async def finish() -> bool:
            return False

        begun = loop.time()
        await first.leave(finish)
        assert not first.leads()
        while not second.leads():
            await second.look()
            await asyncio.sleep(0.1)
        assert loop.time() - begun > 9
        assert second.quiet == pytest.approx(3)

    lived(life())


def test_whoever_leads_again_has_just_begun_something() -> None:
    async def life() -> None:
        leases = SimulatedLeases(random.Random(1))
        only = election(leases, "a")
        await only.look()
        assert only.quiet == float("inf")
        await asyncio.sleep(8)
        assert not only.leads()
        await only.look()
        assert (only.leads(), only.quiet) == (True, 0.0)

    lived(life())
