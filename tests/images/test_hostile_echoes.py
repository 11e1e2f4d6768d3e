"""Registries that hand back what they were sent, in every place that a sentence may quote."""

import asyncio

import orjson
import pytest

from tests.images.answers import said
from tests.images.asking import ALICE, BY_DIGEST, BY_TAG, told
from tests.images.hostile import Answer, Asked, Identity, Send, hostile


async def refused(asked: Asked, send: Send) -> None:
    got = asked.headers["authorization"]
    body = orjson.dumps({"errors": [{"code": "DENIED", "message": got, "detail": f"\x1b[31m{got}"}]})
    await said(403, body, reason=f"denied to {got}", X_Was=got, Docker_Content_Digest=got)(asked, send)


async def broken(asked: Asked, send: Send) -> None:
    await send(f"HTTP/1.1 200 OK\r\n{asked.headers['authorization']}\r\n\r\n".encode())


async def no_status(asked: Asked, send: Send) -> None:
    await send(f"{asked.headers['authorization']}\r\n\r\n".encode())


async def cookie(asked: Asked, send: Send) -> None:
    word = asked.headers["authorization"].split()[1]
    await said(403, Set_Cookie=f"of {word}")(asked, send)


async def onward(asked: Asked, send: Send) -> None:
    await said(307, Location=f"http://localhost/{asked.headers['authorization']}")(asked, send)


async def challenge(asked: Asked, send: Send) -> None:
    await said(401, WWW_Authenticate=asked.headers["authorization"])(asked, send)


async def realm(asked: Asked, send: Send) -> None:
    await said(401, WWW_Authenticate=f'Bearer realm="http://{asked.headers["authorization"]}"')(asked, send)


@pytest.mark.parametrize("quoting", [refused, broken, no_status, cookie, onward, challenge, realm])
def test_no_sentence_tells_what_a_registry_was_told(
    identity: Identity, quoting: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    """And no log of the HTTP client's."""

    async def answer(asked: Asked, send: Send) -> None:
        await (quoting if "authorization" in asked.headers else said(401, WWW_Authenticate="Basic"))(asked, send)

    async def story() -> None:
        async with hostile(identity) as server:
            assert await told(server, {BY_TAG: answer, BY_DIGEST: answer}, [ALICE])
            assert any("authorization" in call.headers for call in server.asked)
            assert not [line.getMessage() for line in caplog.records]

    asyncio.run(story())
