"""Answers that break off, and bytes that are none."""

import asyncio
import re

import pytest

from tests.images.answers import PIECE, head, raw
from tests.images.asking import BLOB, BY_TAG, CONFIGURATION, OCI, looking, sentence, told, well
from tests.images.hostile import Answer, Asked, Identity, Reset, Send, hostile

CHUNKED = head(Transfer_Encoding="chunked", Content_Type=OCI)
CHUNK = b"10000\r\n" + PIECE + b"\r\n"

CUT: list[tuple[str, Answer]] = [
    ("nothing", raw()),
    ("half a head", raw(head()[:20])),
    ("half a body", raw(head(Content_Length=str(len(CONFIGURATION))), CONFIGURATION[:9])),
    ("half a chunk", raw(CHUNKED, CHUNK[:999])),
    ("no last chunk", raw(CHUNKED, CHUNK)),
    ("a chunk of no size", raw(CHUNKED, b"zz\r\n")),
    ("a chunk of minus one", raw(CHUNKED, b"-1\r\n")),
    ("two lengths", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")),
    ("a length and chunks", raw(head(Content_Length="2", Transfer_Encoding="chunked"), b"2\r\n{}\r\n0\r\n\r\n")),
    ("a length of nothing", raw(head(Content_Length="-2"), b"{}")),
    ("another protocol", raw(b"SSH-2.0-OpenSSH_9.2\r\n")),
    ("another version", raw(b"HTTP/3.0 200 OK\r\n\r\n{}")),
    ("a status of letters", raw(b"HTTP/1.1 abc OK\r\n\r\n")),
    ("switching protocols", raw(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: h2c\r\nConnection: Upgrade\r\n\r\n")),
    ("codes of a terminal", raw(b"HTTP/1.1 200 \x1b[31m\x07\r\nX-\x1b: \x00\r\n\r\n")),
]


@pytest.mark.parametrize("path", [BY_TAG, BLOB], ids=["manifest", "blob"])
@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in CUT])
def test_what_is_no_answer_is_told_as_none(identity: Identity, path: str, answer: Answer) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = well() | {path: answer}
            assert re.search("localhost|registry|image", await sentence(lookup, server))

    asyncio.run(story())


@pytest.mark.parametrize("path", [BY_TAG, BLOB], ids=["manifest", "blob"])
@pytest.mark.parametrize("start", [b"", head()[:9], head(Content_Length="1000") + b"{"], ids=["at once", "head", "body"])
def test_a_connection_that_breaks_is_told(identity: Identity, path: str, start: bytes) -> None:
    async def reset(_: Asked, send: Send) -> None:
        await send(start)
        raise Reset

    async def story() -> None:
        async with hostile(identity) as server:
            assert re.search("localhost", await told(server, {path: reset}))

    asyncio.run(story())
