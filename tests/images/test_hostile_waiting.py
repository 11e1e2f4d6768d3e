"""Registries that say when they may be asked again, and how long they are left in peace."""

import asyncio
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from tests.images.answers import in_turn, said
from tests.images.asking import BLOB, BY_DIGEST, BY_TAG, WELL, ask, looking, manifest, sentence, well
from tests.images.hostile import Answer, Identity, hostile

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def busy(**headers: str) -> Answer:
    return said(429, b'{"errors":[{"code":"TOOMANYREQUESTS"}]}', **headers)


def after(seconds: int) -> str:
    return format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)


DATE = format_datetime(NOW, usegmt=True)

PEACE: list[tuple[str, dict[str, str], float]] = [
    ("seconds", {"Retry_After": "30"}, 30),
    ("a date", {"Retry_After": after(45), "Date": DATE}, 45),
    ("a date that is over", {"Retry_After": after(-45), "Date": DATE}, 1),
    ("no seconds", {"Retry_After": "0"}, 1),
    ("a day", {"Retry_After": "86400"}, 300),
    ("for ever", {"Retry_After": "9" * 500}, 300),
    ("a date for ever", {"Retry_After": "Fri, 31 Dec 9999 23:59:59 GMT", "Date": DATE}, 300),
    ("nothing", {}, 60),
    ("garbage", {"Retry_After": "soon"}, 60),
    ("less than nothing", {"Retry_After": "-5"}, 60),
    ("no number", {"Retry_After": "1e400"}, 60),
    ("other digits", {"Retry_After": "\N{SUPERSCRIPT TWO}"}, 60),
    ("a date and no clock", {"Retry_After": after(45)}, 60),
    ("a date without a zone", {"Retry_After": "Sun, 01 Mar 2026 12:00:45 -0000", "Date": DATE}, 60),
    ("a date of no calendar", {"Retry_After": "Sun, 99 Mar 99999999999 12:00:45 GMT", "Date": DATE}, 60),
]


@pytest.mark.parametrize("path", [BY_TAG, BY_DIGEST, BLOB], ids=["tag", "manifest", "blob"])
@pytest.mark.parametrize(("headers", "seconds"), [pytest.param(*rest, id=name) for name, *rest in PEACE])
def test_a_registry_is_left_in_peace_for_as_long_as_it_says(
    identity: Identity, path: str, headers: dict[str, str], seconds: float
) -> None:
    async def story() -> None:
        clock = [1000.0]
        async with hostile(identity) as server, looking(server, now=lambda: clock[0]) as lookup:
            server.answers = well()
            server.answers[path] = in_turn(busy(**headers), server.answers[path])
            first = await sentence(lookup, server)
            assert "too often" in first
            assert f"{seconds:.0f} s" in first
            calls = len(server.asked)
            clock[0] += seconds - 0.1
            assert await sentence(lookup, server) == first
            assert len(server.calls(path)) == 1
            assert len(server.asked) <= calls + 1
            clock[0] += 0.1
            assert list((await ask(lookup, server)).values()) == WELL

    asyncio.run(story())


def test_other_failures_are_kept_for_ten_seconds(identity: Identity) -> None:
    async def story() -> None:
        clock = [1000.0]
        async with hostile(identity) as server, looking(server, now=lambda: clock[0]) as lookup:
            server.answers = well() | {BY_TAG: in_turn(said(503, Retry_After="3000"), manifest())}
            first = await sentence(lookup, server)
            clock[0] += 9.9
            assert await sentence(lookup, server) == first
            assert len(server.asked) == 1
            clock[0] += 0.1
            assert list((await ask(lookup, server)).values()) == WELL

    asyncio.run(story())


def test_a_thousand_who_ask_a_busy_registry_are_one_call(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = {BY_TAG: busy(Retry_After="30")}
            ends = await asyncio.gather(*(ask(lookup, server) for _ in range(1000)), return_exceptions=True)
            assert {type(end).__name__ for end in ends} == {"Busy"}
            assert len(server.asked) == 1

    asyncio.run(story())
