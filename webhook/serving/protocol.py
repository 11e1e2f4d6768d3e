"""uvicorn's HTTP/1.1 with the bounds it lacks: anybody who reaches the port may open a connection and say little, or too much.

And with one write for each answer, where uvicorn makes two.
"""

import asyncio
from operator import attrgetter
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webhook.turn import Turn

HEAD_SECONDS = 10
"""Within these, a request's head that has begun must be complete."""
HEAD_LIMIT = 64 * 1024
"""Bytes of a head that goes on and on; the API server sends well under 1 KiB."""
UNREAD_SECONDS = 10
"""Within these, a caller reads on: answers that nobody reads are memory."""
PIPELINE_LIMIT = 100
"""Requests that wait for the answer of an earlier one; the API server sends the next only when it has that."""


class BoundedHttp(HttpToolsProtocol):
    """One connection. A body's bounds are the application's: it knows the deadline."""

    _head_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _unread_timer: asyncio.TimerHandle | None = None
    _heard = 0.0
    """When it last said something, in the loop's time."""

    def __init__(self, connections_limit: int, **settings: Any) -> None:
        """`connections_limit` of the port: each takes 50 KiB, 250 where a small body stalls. `settings` are uvicorn's."""
        super().__init__(**settings)
        self._connections_limit = connections_limit

    @property
    def idle_since(self) -> float | None:
        """In the loop's time; None while something is asked or answered."""
        timer = self.timeout_keep_alive_task
        return timer.when() - self.timeout_keep_alive if timer else None

    @property
    def _precedence(self) -> tuple[bool, float]:
        """Who is owed an answer comes first, for example a pod that waits for a registry; then who spoke last."""
        cycle = self.cycle
        return cycle is not None and not cycle.more_body and not cycle.response_complete, self._heard

    def connection_made(self, transport: Any) -> None:
        """A connection on which nothing is ever asked ends as an idle one does."""
        super().connection_made(_OneWrite(transport))  # type: ignore[arg-type]
        self._arm_keep_alive()
        self._heard = self.loop.time()
        if len(self.connections) > self._connections_limit:
            self._make_room()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        # After a reset uvicorn leaves it armed, and with it the connection in memory.
        self._unset_keepalive_if_required()
        self._head_complete()
        self._read_on()

    def data_received(self, data: bytes) -> None:
        self._heard = self.loop.time()
        super().data_received(data)
        # uvicorn makes a scope when a request begins and writes its path there when its head is complete.
        if self.scope is None or "path" not in self.scope:
            self._head_goes_on(len(data))
            return
        if self._head_timer is not None:
            self._head_complete()
        if len(self.pipeline) > PIPELINE_LIMIT:
            self.transport.abort()
        elif self.timeout_keep_alive_task is None and self.cycle is not None and self.cycle.response_complete:
            # What came was no request, and uvicorn took it for one.
            self._arm_keep_alive()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._unread_timer = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._read_on()

    def _make_room(self) -> None:
        """Ends the connection that has said nothing for longest: an idle one, or a body that stalls (requirement 71).

        Only where all wait for answers, the one that waits for longest.
        """
        min(cast(set[BoundedHttp], self.connections), key=attrgetter("_precedence")).transport.abort()

    def _arm_keep_alive(self) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def _head_goes_on(self, size: int) -> None:
        if self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self.transport.abort)
            return
        self._head_bytes += size
        if self._head_bytes > HEAD_LIMIT:
            # Closing TLS would wait for the other side, and read what it goes on to send.
            self.transport.abort()

    def _head_complete(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._head_timer, self._head_bytes = None, 0

    def _read_on(self) -> None:
        if self._unread_timer is not None:
            self._unread_timer.cancel()
        self._unread_timer = None


class _OneWrite:
    """A transport that sends together what is written in one turn of the event loop.

    uvicorn writes an answer's head and body apart: over TLS two records, two system calls, and two packets that wake the caller.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport, self._turn = transport, Turn(transport.write)
        self.write = self._turn.write

    def close(self) -> None:
        self._turn.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        """All else is the transport's own."""
        return getattr(self._transport, name)
