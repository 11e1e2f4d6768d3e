"""A thousand who want the same cause one look-up."""

import asyncio
import gc
from collections.abc import Coroutine
from typing import Any

import pytest

from webhook.images.flight import Flights


class Registry:
    """Answers when it is told to."""

    def __init__(self) -> None:
        self.asked, self.ended, self.answer = 0, 0, asyncio.Event()

    async def __call__(self) -> str:
        self.asked += 1
        try:
            await self.answer.wait()
            return "argv"
        finally:
            self.ended += 1


async def started(*waits: Coroutine[Any, Any, str]) -> list[asyncio.Task[str]]:
    """Tasks that wait already."""
    tasks = [asyncio.create_task(wait) for wait in waits]
    for _ in range(3):
        await asyncio.sleep(0)
    return tasks


def test_a_thousand_callers_cause_one_look_up() -> None:
    async def story() -> None:
        flights, registry = Flights[str, str](), Registry()
        tasks = await started(*(flights.run("image", registry) for _ in range(1000)))
        registry.answer.set()
        assert await asyncio.gather(*tasks) == ["argv"] * 1000
        assert registry.asked == 1
        assert await flights.run("image", registry) == "argv"
        assert registry.asked == 2

    asyncio.run(story())


def test_different_keys_do_not_wait_for_each_other() -> None:
    async def story() -> None:
        flights, slow, quick = Flights[str, str](), Registry(), Registry()
        (waiting,) = await started(flights.run("slow", slow))
        quick.answer.set()
        assert await flights.run("quick", quick) == "argv"
        assert not waiting.done()
        slow.answer.set()
        assert await waiting == "argv"

    asyncio.run(story())


def test_one_callers_deadline_ends_nobody_elses_look_up() -> None:
    async def story() -> None:
        flights, registry = Flights[str, str](), Registry()
        first, second = await started(flights.run("image", registry), flights.run("image", registry))
        first.cancel()
        await asyncio.wait([first])
        assert first.cancelled()
        registry.answer.set()
        assert await second == "argv"
        assert (registry.asked, registry.ended) == (1, 1)

    asyncio.run(story())


def test_where_nobody_waits_any_more_it_goes_on_for_the_next_one() -> None:
    """A preview waits for a second at most, and the pods that follow it are glad of what it began."""

    async def story() -> None:
        flights, registry = Flights[str, str](), Registry()
        tasks = await started(flights.run("image", registry), flights.run("image", registry))
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        (again,) = await started(flights.run("image", registry))
        registry.answer.set()
        assert await again == "argv"
        assert (registry.asked, registry.ended) == (1, 1)

    asyncio.run(story())


def test_whoever_closes_ends_all() -> None:
    async def story() -> None:
        flights, registry = Flights[str, str](), Registry()
        (waiting,) = await started(flights.run("image", registry))
        await flights.close()
        assert registry.ended == 1
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await flights.close()

    asyncio.run(story())


def test_a_failure_reaches_all_and_is_not_remembered() -> None:
    async def story() -> None:
        flights, registry = Flights[str, str](), Registry()

        async def fails() -> str:
            await registry()
            raise ConnectionError

        tasks = await started(flights.run("image", fails), flights.run("image", fails))
        registry.answer.set()
        assert [type(error) for error in await asyncio.gather(*tasks, return_exceptions=True)] == [ConnectionError] * 2
        assert await flights.run("image", registry) == "argv"

    asyncio.run(story())


def test_what_fails_when_nobody_is_left_makes_no_noise() -> None:
    async def story() -> None:
        flights, registry = Flights[str, str](), Registry()

        async def fails() -> str:
            await registry()
            raise ConnectionError

        noise: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: noise.append(context))
        (task,) = await started(flights.run("image", fails))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        registry.answer.set()
        await started(flights.run("other", registry))
        gc.collect()
        assert (registry.ended, noise) == (2, [])

    asyncio.run(story())
