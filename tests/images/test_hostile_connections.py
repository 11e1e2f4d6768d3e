"""Certificates of nobody, registries that are none of the policy's, and cookies."""

import asyncio
import errno
import os
import re
from pathlib import Path

import pytest

from tests.images.answers import said
from tests.images.asking import BLOB, BY_TAG, CONFIGURATION, LOOPBACK, WELL, ask, looking, sentence, settings, well
from tests.images.hostile import Hostile, Identity, hostile
from webhook.errors import BadImage
from webhook.images.registry import Settings


def test_nobody_there_is_told(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            pass
        async with looking(server) as lookup:
            said = f"{server.host} cannot be reached: {os.strerror(errno.ECONNREFUSED)}"
            assert await sentence(lookup, server) == said

    asyncio.run(story())


def test_an_authority_that_nobody_knows_is_told_and_what_helps(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server, settings(server)._replace(ca="")) as lookup:
            said = await sentence(lookup, server)
            assert "certificate" in said
            assert "images.registries" in said
            assert not server.asked

    asyncio.run(story())


def test_a_certificate_for_another_name_is_told(tmp_path: Path) -> None:
    async def story() -> None:
        async with hostile(Identity(tmp_path, "elsewhere.example")) as server, looking(server) as lookup:
            said = await sentence(lookup, server)
            assert "certificate" in said
            assert "localhost" in said
            assert not server.asked

    asyncio.run(story())


def test_who_agrees_on_no_tls_is_told_and_nobody_advised_to_go_without(identity: Identity) -> None:
    async def alert(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(bytes.fromhex("15 0303 0002 02 28"))  # fatal: handshake_failure
        writer.close()
        await writer.wait_closed()

    async def story() -> None:
        server = Hostile(identity)
        async with await asyncio.start_server(alert, "127.0.0.1", 0) as listening:
            server.host = f"localhost:{listening.sockets[0].getsockname()[1]}"
            async with looking(server) as lookup:
                assert re.fullmatch(
                    f"{server.host} agrees on no TLS: [A-Z0-9_]*HANDSHAKE_FAILURE", await sentence(lookup, server)
                )

    asyncio.run(story())


def test_no_fault_of_tls_leads_to_a_call_without_it(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(None) as server, looking(server, Settings(addresses=LOOPBACK)) as lookup:
            server.answers = well()
            with pytest.raises((BadImage, TimeoutError)):
                await ask(lookup, server, seconds=0.3)
            assert not server.asked

    asyncio.run(story())


def test_a_plain_registry_is_asked_plainly_where_the_policy_says_so() -> None:
    async def story() -> None:
        async with hostile(None) as server, looking(server) as lookup:
            server.answers = well()
            assert list((await ask(lookup, server)).values()) == WELL

    asyncio.run(story())


def test_a_registry_that_the_policy_does_not_list_is_never_called(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as listed, hostile(identity) as other, looking(listed) as lookup:
            assert "images.registries does not list localhost" in await sentence(lookup, other)
            assert not other.asked

    asyncio.run(story())


def test_no_cookie_comes_back(identity: Identity) -> None:
    """It would tell a registry of one user what it knows of another."""

    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = well() | {BLOB: said(200, CONFIGURATION, Set_Cookie="session=alice; Path=/")}
            server.answers[BY_TAG] = said(404, Set_Cookie="session=alice; Path=/")
            assert await sentence(lookup, server)
            assert await sentence(lookup, server, wanted=":2")
            assert len(server.asked) > 1
            assert not [call for call in server.asked if "cookie" in call.headers]

    asyncio.run(story())
