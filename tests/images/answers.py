"""What a hostile server can be told to answer."""

import asyncio

from tests.images.hostile import Answer, Asked, Send

PIECE = b"." * 65536


def said(status: int, body: bytes = b"", reason: str = "as told", **headers: str) -> Answer:
    """An answer without a fault of its form; of a header, `_` stands for `-`."""

    async def answer(asked: Asked, send: Send) -> None:
        await send(head(status, reason, **{"Content_Length": str(len(body)), **headers}))
        if asked.method != "HEAD":
            await send(body)

    return answer


def to(url: str, status: int = 307) -> Answer:
    return said(status, Location=url)


def head(status: int = 200, reason: str = "as told", **headers: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in {**headers, "Connection": "close"}.items()]
    return "\r\n".join([f"HTTP/1.1 {status} {reason}", *lines, "", ""]).encode()


def raw(*pieces: bytes) -> Answer:
    """Bytes, and the end."""

    async def answer(_: Asked, send: Send) -> None:
        for piece in pieces:
            await send(piece)

    return answer


def endless(start: bytes, piece: bytes, pause: float = 0) -> Answer:
    """One piece after the other, with seconds between them, until the client leaves."""

    async def answer(_: Asked, send: Send) -> None:
        await send(start)
        while True:
            await send(piece)
            await asyncio.sleep(pause)

    return answer


def on_head(one: Answer, other: Answer) -> Answer:
    """What HEAD is told, and what GET is told."""

    async def answer(asked: Asked, send: Send) -> None:
        await (one if asked.method == "HEAD" else other)(asked, send)

    return answer


def in_turn(*answers: Answer) -> Answer:
    """The last one again and again."""
    left = list(answers)

    async def answer(asked: Asked, send: Send) -> None:
        await (left.pop(0) if len(left) > 1 else left[0])(asked, send)

    return answer
