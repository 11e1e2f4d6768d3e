"""The admission call over HTTP: a pure ASGI middleware that answers it before any routing.

Whatever comes over TLS is answered here; what comes over the plain port is none of its business. Every refusal is an HTTP status
that the API server counts as a failed call, so that failurePolicy decides; none is ever a redirect, which it would follow.
"""

import asyncio
import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, cast

import orjson
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webhook.admission.log import NAME_LENGTH, Log, decision, failure
from webhook.admission.metrics import Metrics
from webhook.admission.review import Answer
from webhook.admission.verdicts import one_line
from webhook.errors import BadReview

MIB = 1024 * 1024
BODY_LIMIT = 7 * MIB
"""Two objects of the API server's 3 MiB and the envelope (requirement 7). A body of exactly so much is too large."""
PENDING_LIMIT = 64 * MIB
"""Announced bytes of all bodies that are being received at once (requirement 71)."""
HEAD_LIMIT = 32 * 1024
DEFAULT_TIMEOUT = 10
LONGEST_TIMEOUT = 30
"""Seconds; Kubernetes' own default and maximum of timeoutSeconds."""
HEADROOM = 0.2
"""Seconds before the API server gives up that we do (requirement 11)."""

_ENTRANCE = re.compile(r"/mutate/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z]+")
_TIMEOUT = re.compile(rb"(?:^|&)timeout=(\d{1,6})s(?:&|$)")
_CLOSE = (b"connection", b"close")
_MORE = {405: [(b"allow", b"POST")], 503: [(b"retry-after", b"1")]}
_INTERNAL = "richpod failed; the log of the webhook says where"
"""The API server shows this to users (live-admission.md 1), so it says nothing about the inside."""


@dataclass(frozen=True)
class Entrance:
    """A path of the webhook configuration, and what answers there."""

    profile: str
    level: str
    admit: Callable[[bytes], Answer]


class Gone(Exception):
    """The caller closed the connection before its body was there."""


class AdmissionCall:
    """The middleware; `entrances` by path."""

    def __init__(self, app: ASGIApp, entrances: Mapping[str, Entrance], metrics: Metrics, log: Log) -> None:
        self._app, self._entrances, self._metrics, self._log = app, entrances, metrics, log
        self._pending = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["scheme"] != "https":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        body = b""
        try:
            entrance = self._entrance(scope)
            body = await self._body(scope, receive)
            answer = entrance.admit(body)
        except BadReview as error:
            # What follows a colon quotes the body.
            await self._refuse(scope, send, error.status, str(error), sentence=str(error).partition(": ")[0])
        except Gone:
            self._metrics.errors[("gone",)].inc()
        except Exception as error:
            await self._refuse(scope, send, 500, _INTERNAL, **_whose(body), **failure(error))
        else:
            length = str(len(answer.body)).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", length)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
            # The answer is on its way: what follows delays nobody.
            seconds = perf_counter() - started
            self._log("admission", **decision(answer, entrance.profile, entrance.level, seconds))
            self._metrics.answered(answer, entrance.profile, entrance.level, len(body), seconds)

    def _entrance(self, scope: Scope) -> Entrance:
        path = scope["path"]
        entrance = self._entrances.get(path)
        if entrance is None and not _ENTRANCE.fullmatch(path):
            raise BadReview(404, "there is nothing here")
        if scope["method"] != "POST":
            raise BadReview(405, "an AdmissionReview is sent with POST")
        if entrance is None:
            # Another replica may have a newer policy: the API server asks again, over a new connection.
            raise BadReview(503, "this replica does not know the profile or level")
        return entrance

    async def _body(self, scope: Scope, receive: Receive) -> bytes:
        """The body. Raises BadReview where it may not or does not come, Gone where nobody waits for an answer any more."""
        length = _announced(scope["headers"])
        message = _arrived(receive)
        if message is not None and not message.get("more_body"):
            return _content(message)
        if self._pending + length > PENDING_LIMIT:
            raise BadReview(503, "too many large bodies at once")
        self._pending += length
        self._metrics.in_flight.inc()
        try:
            async with asyncio.timeout(_budget(scope["query_string"])):
                return await _whole(message or await receive(), receive)
        except TimeoutError:
            raise BadReview(408, "the body did not come in time") from None
        finally:
            self._pending -= length
            self._metrics.in_flight.dec()

    async def _refuse(self, scope: Scope, send: Send, status: int, text: str, **facts: Any) -> None:
        """Ends the connection, too: nothing of this request, read or unread, may touch the next one."""
        said = text.encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(said)).encode()), _CLOSE]
        await send({"type": "http.response.start", "status": status, "headers": headers + _MORE.get(status, [])})
        await send({"type": "http.response.body", "body": said})
        self._metrics.errors[(str(status),)].inc()
        path, caller = one_line(scope["path"], NAME_LENGTH), (scope["client"] or [""])[0]
        self._log("refused-call", status=status, path=path, caller=caller, **facts)


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


async def _whole(message: Message, receive: Receive) -> bytes:
    chunks = [_content(message)]
    while message.get("more_body"):
        message = await receive()
        chunks.append(_content(message))
    return b"".join(chunks)


def _content(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise Gone
    return cast(bytes, message["body"])


def _budget(query: bytes) -> float:
    """Seconds in which the API server still waits for an answer, less our headroom."""
    found = _TIMEOUT.search(query)
    return min(int(found[1]) if found else DEFAULT_TIMEOUT, LONGEST_TIMEOUT) - HEADROOM


def _whose(body: bytes) -> dict[str, str]:
    """Whose pod our own failure hit: the body was a review, else it would have been refused."""
    request = orjson.loads(body)["request"]
    return {key: one_line(str(request.get(key) or ""), NAME_LENGTH) for key in ("uid", "namespace", "name")}
