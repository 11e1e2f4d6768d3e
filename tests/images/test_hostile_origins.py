"""Redirects of those who were told a password: it goes to nobody but them."""

import asyncio

import pytest

from tests.images.answers import said, to
from tests.images.asking import (
    ALICE,
    BASIC,
    BLOB,
    CONFIGURATION,
    WELL,
    ask,
    looking,
    well,
)
from tests.images.hostile import Answer, Asked, Identity, Send, hostile


def behind_basic(inner: Answer) -> Answer:
    async def answer(asked: Asked, send: Send) -> None:
        await (inner if asked.headers.get("authorization") == BASIC else said(401, WWW_Authenticate="Basic"))(asked, send)

    return answer


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_server_is_sent_no_password(identity: Identity, status: int) -> None:
    """Ports make origins as names do."""

    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as storage, looking(server) as lookup:
            answers = well() | {BLOB: to(f"{storage.url}/stored?signed=1", status)}
            server.answers = {path: behind_basic(answer) for path, answer in answers.items()}
            storage.answers = {"/stored": said(200, CONFIGURATION)}
            assert list((await ask(lookup, server, [ALICE])).values()) == WELL
            (call,) = storage.asked
            assert call.query == "signed=1"
            assert not {"authorization", "cookie", "referer"} & set(call.headers)

    asyncio.run(story())


def test_the_same_server_is_told_the_password_again(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            answers = well() | {BLOB: to("/stored"), "/stored": said(200, CONFIGURATION)}
            server.answers = {path: behind_basic(answer) for path, answer in answers.items()}
            assert list((await ask(lookup, server, [ALICE])).values()) == WELL
            assert server.calls("/stored")[-1].headers["authorization"] == BASIC

    asyncio.run(story())


def test_who_comes_back_by_way_of_another_server_is_sent_no_password_there(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as other, looking(server) as lookup:
            answers = {path: behind_basic(answer) for path, answer in (well() | {BLOB: to(f"{other.url}/a")}).items()}
            server.answers = answers | {"/stored": said(200, CONFIGURATION)}
            other.answers = {"/a": to(f"{other.url}/b"), "/b": to(f"{server.url}/stored")}
            assert list((await ask(lookup, server, [ALICE])).values()) == WELL
            assert not [call for call in other.asked if "authorization" in call.headers]

    asyncio.run(story())
