"""Mirrors that answer anything: the registry is asked then, and is the only one that is told its password."""

import asyncio

import pytest

from tests.images.answers import endless, raw, said
from tests.images.asking import ALICE, WELL, ask, looking, sentence, settings, well
from tests.images.hostile import Answer, Asked, Hostile, Identity, Send, hostile
from webhook.images.registry import Settings

BAD: list[tuple[str, Answer]] = [
    ("asks for a password", said(401, WWW_Authenticate="Basic")),
    ("forbids", said(403)),
    ("has nothing", said(404)),
    ("is busy", said(429, Retry_After="3000")),
    ("is broken", said(500)),
    ("says nothing", raw()),
    ("says no HTTP", raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")),
    ("sends to the metadata service", said(307, Location="https://169.254.169.254/")),
    ("lies", said(200, b"{}", Docker_Content_Digest=f"sha256:{'0' * 64}")),
]


def mirrored(server: Hostile, *mirrors: Hostile) -> Settings:
    return settings(server)._replace(mirrors=tuple(mirror.host for mirror in mirrors))


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in BAD])
def test_a_bad_mirror_is_passed_over_and_told_no_password(identity: Identity, answer: Answer) -> None:
    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as mirror, looking(server, mirrored(server, mirror)) as lookup:
            server.answers, mirror.answers = well(), dict.fromkeys(well(), answer)
            assert list((await ask(lookup, server, [ALICE])).values()) == WELL
            assert mirror.asked
            assert not [call for call in mirror.asked if "authorization" in call.headers]

    asyncio.run(story())


def test_a_mirror_that_is_gone_is_passed_over(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as mirror:
            pass
        async with hostile(identity) as server, looking(server, mirrored(server, mirror)) as lookup:
            server.answers = well()
            assert list((await ask(lookup, server)).values()) == WELL

    asyncio.run(story())


def test_a_mirror_that_never_ends_leaves_time_for_the_registry(identity: Identity, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webhook.images.lookup.MIRROR_SECONDS", 0.3)

    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as mirror, looking(server, mirrored(server, mirror)) as lookup:
            server.answers, mirror.answers = well(), dict.fromkeys(well(), endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05))
            assert list((await ask(lookup, server)).values()) == WELL

    asyncio.run(story())


def test_where_all_fail_the_registry_itself_is_what_is_told_of(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as mirror, looking(server, mirrored(server, mirror)) as lookup:
            assert f"{server.host} has no team/app:1" in await sentence(lookup, server)

    asyncio.run(story())


def test_a_token_of_the_mirror_is_not_brought_to_the_registry(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as mirror, looking(server, mirrored(server, mirror)) as lookup:

            async def token_first(asked: Asked, send: Send) -> None:
                challenge = said(401, WWW_Authenticate=f'Bearer realm="{mirror.url}/token"')
                await (said(404) if "authorization" in asked.headers else challenge)(asked, send)

            server.answers = well()
            mirror.answers = dict.fromkeys(well(), token_first) | {"/token": said(200, b'{"token":"of.the.mirror"}')}
            assert list((await ask(lookup, server)).values()) == WELL
            assert mirror.calls("/token")
            assert not [call for call in server.asked if "authorization" in call.headers]

    asyncio.run(story())
