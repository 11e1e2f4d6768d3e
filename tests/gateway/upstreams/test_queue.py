"""The line before one upstream, in a time of its own."""

import asyncio
import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.gateway.virtual import lived
from webhook.gateway.upstreams.queue import Late, Queue

FOREVER = 1e9


async def call(queue: Queue, begun: list[float], takes: float = 0.0, deadline: float = FOREVER) -> bool:
    """Whether it had a turn; notes when."""
    try:
        async with queue.turn(deadline):
            begun.append(asyncio.get_running_loop().time())
            await asyncio.sleep(takes)
    except Late:
        return False
    return True


async def calls(queue: Queue, count: int, takes: float = 0.0, deadline: float = FOREVER) -> tuple[list[float], list[bool]]:
    begun: list[float] = []
    return begun, await asyncio.gather(*(call(queue, begun, takes, deadline) for _ in range(count)))


def test_a_thousand_at_once_are_smoothed_and_none_is_dropped() -> None:
    begun, served = lived(calls(Queue(20, 8), 1000))
    assert all(served)
    assert max(len([at for at in begun if first <= at <= first + 1]) for first in begun) <= 20
    assert begun[-1] < 1.2 * 1000 / 20


def test_what_is_done_before_a_call_brings_it_no_nearer_to_others() -> None:
    async def life() -> list[float]:
        queue, begun, chance = Queue(20, 8), list[float](), random.Random(1)

        async def one() -> None:
            async with queue.turn(FOREVER):
                await asyncio.sleep(chance.uniform(0, 0.3))
                async with queue.paced():
                    begun.append(asyncio.get_running_loop().time())

        await asyncio.gather(*(one() for _ in range(200)))
        return begun

    begun = lived(life())
    assert max(len([at for at in begun if first <= at <= first + 1]) for first in begun) <= 20
    assert begun[-1] < 1.2 * 200 / 20


@pytest.mark.parametrize(("way", "takes"), [(0.12, 0.02), (0.4, 0.05), (0.0, 0.35), (0.0, 3.9)])
def test_calls_that_come_late_to_the_upstream_come_no_nearer_to_others(way: float, takes: float) -> None:
    """Of a busy machine, or a slow upstream: what the upstream sees counts, not when a call set out."""

    async def life() -> list[float]:
        queue, arrived, chance = Queue(20, 100), list[float](), random.Random(1)

        async def one() -> None:
            async with queue.turn(FOREVER), queue.paced():
                await asyncio.sleep(chance.uniform(0, way))
                arrived.append(asyncio.get_running_loop().time())
                await asyncio.sleep(takes)

        await asyncio.gather(*(one() for _ in range(400)))
        return arrived

    arrived = lived(life())
    assert max(len([at for at in arrived if first <= at <= first + 1]) for first in arrived) <= 20
    assert max(arrived) < (1.1 + way) * 400 / 20


def test_calls_that_take_long_are_no_more_at_once_than_may_be() -> None:
    begun, served = lived(calls(Queue(20, 2), 10, takes=3.0))
    assert all(served)
    assert all(begun[i + 2] >= begun[i] + 3.0 for i in range(8))


def test_whoever_cannot_be_served_in_time_hears_it_at_once() -> None:
    async def life() -> None:
        queue, begun = Queue(1, 1), list[float]()
        async with asyncio.TaskGroup() as tasks:
            for _ in range(5):
                tasks.create_task(call(queue, begun))
            await asyncio.sleep(0)
            with pytest.raises(Late) as error:
                async with queue.turn(asyncio.get_running_loop().time() + 3):
                    pass
            assert asyncio.get_running_loop().time() == 0
            assert 4 < error.value.seconds < 6

    lived(life())


def test_a_deadline_that_passes_in_line_because_calls_take_long() -> None:
    begun, served = lived(calls(Queue(100, 1), 5, takes=10, deadline=15))
    assert served == [True, True, False, False, False]
    assert len(begun) == 2


@given(
    st.lists(st.tuples(st.floats(0, 3), st.floats(0, 2), st.one_of(st.none(), st.floats(0, 4))), max_size=40),
    st.integers(1, 5),
    st.integers(1, 3),
)
def test_whoever_leaves_costs_nobody_a_turn(life: list[tuple[float, float, float | None]], rate: int, places: int) -> None:
    """Callers come, take a while, and some leave after a time of their own: the others are all served, within the ceiling."""

    async def one(queue: Queue, come: float, takes: float, leaves: float | None, begun: list[tuple[float, float]]) -> bool:
        await asyncio.sleep(come)
        try:
            async with asyncio.timeout(leaves), queue.turn(FOREVER):
                begin = asyncio.get_running_loop().time()
                begun.append((begin, begin + takes))
                await asyncio.sleep(takes)
        except TimeoutError:
            return False
        return True

    async def all_of_them() -> None:
        queue, begun = Queue(rate, places), list[tuple[float, float]]()
        served = await asyncio.gather(*(one(queue, *person, begun) for person in life))
        assert all(got or person[2] is not None for got, person in zip(served, life, strict=True))
        assert queue.waiting == 0
        starts = sorted(start for start, _ in begun)
        assert all(later - earlier >= 1 / rate for earlier, later in itertools.pairwise(starts))
        assert await call(queue, [])

    lived(all_of_them())


def test_thousands_may_leave_at_once() -> None:
    async def life() -> None:
        queue, begun = Queue(1000, 1), list[float]()
        waiting = [asyncio.create_task(call(queue, begun, takes=5.0)) for _ in range(3000)]
        await asyncio.sleep(4)
        asyncio.get_running_loop().call_later(1.0, lambda: [task.cancel() for task in waiting[1:]])
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await call(queue, begun)

    lived(life())
