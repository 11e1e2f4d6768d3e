"""The body of a call, within bounds of size, memory and time: anybody who reaches the port may send anything."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any, cast

from prometheus_client import Gauge
from starlette.types import Message, Receive, Scope

from webhook.errors import BadReview

MIB = 1024 * 1024
BODY_LIMIT = 7 * MIB
"""Two objects of the API server's 3 MiB and the envelope (requirement 7). A body of exactly so much is too large."""
PENDING_LIMIT = 24 * MIB
"""Bytes received so far of all bodies that are still coming (requirement 71)."""
SMALL = 64 * 1024
"""Bytes; a body announced as no larger comes in even then, as nearly every pod does: slow senders must not keep others out.

The number of connections bounds what these hold.
"""
HEAD_LIMIT = 32 * 1024
"""Bytes of all headers' names and values; the API server sends well under 1 KiB (requirement 73)."""
DEFAULT_TIMEOUT = 10
LONGEST_TIMEOUT = 30
"""Seconds; Kubernetes' own default and maximum of timeoutSeconds."""
HEADROOM = 0.2
"""Seconds before the API server gives up that we do (requirement 11)."""

_TIMEOUT = re.compile(rb"(?:^|&)timeout=(\d{1,6})s(?:&|$)")


class Gone(Exception):
    """The caller closed the connection before its body was there."""


class Bodies:
    """Reads the bodies of all calls; `in_flight` shows how many are being received."""

    def __init__(self, in_flight: Gauge) -> None:
        self._in_flight = in_flight
        self._pending = 0

    async def read(self, scope: Scope, receive: Receive) -> bytes:
        """The body. Raises BadReview where it may not or does not come, Gone where nobody waits for an answer any more."""
        length = _announced(scope["headers"])
        message = _arrived(receive)
        if message is not None and not message.get("more_body"):
            return _content(message)
        self._in_flight.inc()
        try:
            async with asyncio.timeout(budget(scope["query_string"])):
                return await self._whole(message or await receive(), receive, small=length <= SMALL)
        except TimeoutError:
            raise BadReview(408, "the body did not come in time") from None
        finally:
            self._in_flight.dec()

    async def _whole(self, message: Message, receive: Receive, small: bool) -> bytes:
        chunks: list[bytes] = []
        try:
            while True:
                chunks.append(_content(message))
                self._pending += len(chunks[-1])
                if self._pending > PENDING_LIMIT and not small:
                    raise BadReview(503, "too many large bodies at once")
                if not message.get("more_body"):
                    return b"".join(chunks)
                message = await receive()
        finally:
            self._pending -= sum(map(len, chunks))


def _announced(headers: list[tuple[bytes, bytes]]) -> int:
    """Content-Length, which the parser enforces; bytes. Raises BadReview (requirements 7 and 73)."""
    length = size = 0
    for name, value in headers:
        size += len(name) + len(value)
        if name == b"content-length":
            length = int(value)
        elif name == b"transfer-encoding":
            raise BadReview(400, "Transfer-Encoding is not accepted; send Content-Length")
    if size > HEAD_LIMIT:
        raise BadReview(431, f"the head is larger than {HEAD_LIMIT} bytes")
    if length >= BODY_LIMIT:
        raise BadReview(413, f"the body is not smaller than {BODY_LIMIT} bytes")
    return length


def _arrived(receive: Receive) -> Message | None:
    """The first message if it is there already, as it usually is: no timer is needed then. None if it has to be awaited."""
    step = cast(Coroutine[Any, Any, Message], receive())
    try:
        step.send(None)
    except StopIteration as end:
        return cast(Message, end.value)
    step.close()
    return None


def _content(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Gone
    return cast(bytes, message["body"])


def budget(query: bytes) -> float:
    """Seconds in which the API server still waits for an answer, less our headroom."""
    found = _TIMEOUT.search(query)
    return min(int(found[1]) if found else DEFAULT_TIMEOUT, LONGEST_TIMEOUT) - HEADROOM
