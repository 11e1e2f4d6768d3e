"""Answers that never end, or that would fill the memory of whoever reads them."""

import asyncio
import gzip
import re
import tracemalloc
from time import monotonic

import pytest

from tests.images.answers import PIECE, endless, head, on_head, said
from tests.images.asking import (
    BLOB,
    BY_DIGEST,
    BY_TAG,
    DEADLINE,
    OCI,
    WELL,
    ask,
    looking,
    sentence,
    well,
)
from tests.images.hostile import Answer, Identity, hostile
from webhook.errors import BadImage
from webhook.images.registry import CALLS

MOST = 16 << 20
"""Bytes that a look-up may take or hold: four times the largest manifest."""
CHUNKED = head(Transfer_Encoding="chunked", Content_Type=OCI)
CHUNK = b"10000\r\n" + PIECE + b"\r\n"
BOMB = gzip.compress(bytes(256 << 20), 1)

LARGE: list[tuple[str, Answer, str]] = [
    ("announced", endless(head(Content_Length=str(1 << 30), Content_Type=OCI), PIECE), "more than 1 MiB"),
    ("chunked", endless(CHUNKED, CHUNK), "more than 1 MiB"),
    ("until the end", endless(head(Content_Type=OCI), PIECE), "more than 1 MiB"),
    ("compressed", said(200, BOMB, Content_Type=OCI, Content_Encoding="gzip"), "compressed"),
    ("many headers", endless(b"HTTP/1.1 200 OK\r\n", b"X-Filler: " + b"." * 4000 + b"\r\n"), "is no HTTP|cannot be asked"),
    ("one long header", endless(b"HTTP/1.1 200 OK\r\nX-Filler: ", PIECE), "is no HTTP|cannot be asked"),
    ("a long name of a header", endless(b"HTTP/1.1 200 OK\r\n", PIECE), "is no HTTP|cannot be asked"),
    ("a long reason", endless(b"HTTP/1.1 200 ", PIECE), "is no HTTP|cannot be asked"),
    ("no HTTP", endless(b"", PIECE), "is no HTTP|cannot be asked"),
]


@pytest.mark.parametrize("path", [BY_TAG, BY_DIGEST, BLOB], ids=["tag", "manifest", "blob"])
@pytest.mark.parametrize(("answer", "why"), [pytest.param(*rest, id=name) for name, *rest in LARGE])
def test_what_is_too_large_is_left(identity: Identity, path: str, answer: Answer, why: str) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = well() | {path: on_head(said(200), answer) if path == BY_TAG else answer}
            tracemalloc.start()
            try:
                said_so = await sentence(lookup, server)
                assert re.search(why, said_so), said_so
                assert tracemalloc.get_traced_memory()[1] < MOST
                assert server.sent < MOST
            finally:
                tracemalloc.stop()

    asyncio.run(story())


ENDLESS: list[tuple[str, Answer]] = [
    ("nothing", endless(b"", b"", 0.05)),
    ("a head", endless(b"HTTP/1.1 200 OK\r\nX-Filler: ", b".", 0.05)),
    ("headers", endless(b"HTTP/1.1 200 OK\r\n", b"X: y\r\n", 0.05)),
    ("a body", endless(head(Content_Length="1000"), b" ", 0.05)),
    ("chunks", endless(CHUNKED, b"1\r\n \r\n", 0.05)),
    ("a chunk's words", endless(CHUNKED + b"1;", b"a", 0.05)),
    ("trailers", endless(CHUNKED + b"0\r\n", b"X: y\r\n", 0.05)),
    ("be patient", endless(b"", b"HTTP/1.1 102 Processing\r\n\r\n", 0.05)),
    ("hurried patience", endless(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 100)),
    ("hurried words of a chunk", endless(CHUNKED + b"1;", PIECE)),
    ("hurried trailers", endless(CHUNKED + b"0\r\n", b"X-Filler: " + b"." * 4000 + b"\r\n")),
]


@pytest.mark.parametrize("path", [BY_TAG, BLOB], ids=["manifest", "blob"])
@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in ENDLESS])
def test_who_asked_is_answered_in_time_by_whoever_never_comes_to_an_end(identity: Identity, path: str, answer: Answer) -> None:
    """And nothing is left when the look-up is closed."""

    async def story() -> None:
        async with hostile(identity) as server:
            server.answers = well() | {path: answer}
            start = monotonic()
            tracemalloc.start()
            async with looking(server) as lookup:
                with pytest.raises((TimeoutError, BadImage)):
                    await ask(lookup, server, seconds=0.5)
                assert monotonic() - start < DEADLINE
            assert tracemalloc.get_traced_memory()[1] < MOST
            tracemalloc.stop()
            assert monotonic() - start < DEADLINE
            async with asyncio.timeout(DEADLINE):
                await server.idle()

    asyncio.run(story())


def test_images_without_end_do_not_wait_without_end(identity: Identity) -> None:
    """What a pod's deadline cuts goes on for whoever comes next: names that nobody asks for again would add up."""

    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            never = endless(b"", b"", 0.05)
            server.answers = well() | {f"/v2/team/app/manifests/x{number}": never for number in range(CALLS)}
            for number in range(CALLS):
                with pytest.raises(TimeoutError):
                    await ask(lookup, server, wanted=f":x{number}", seconds=0)
            assert "localhost is asked for too many images at once" in await sentence(lookup, server)

    asyncio.run(story())


def test_others_are_answered_while_one_registry_drips(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            drip = on_head(said(200), endless(head(Content_Length="1000"), b" ", 0.05))
            server.answers = well() | {f"/v2/team/app/manifests/{tag}": drip for tag in range(2, 6)}
            waiting = [asyncio.create_task(ask(lookup, server, wanted=f":{tag}", seconds=0.5)) for tag in range(2, 6)]
            assert list((await ask(lookup, server)).values()) == WELL
            assert not any(task.done() for task in waiting)
            ended = await asyncio.gather(*waiting, return_exceptions=True)
            assert all(isinstance(end, TimeoutError) for end in ended)

    asyncio.run(story())
