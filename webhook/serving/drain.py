"""The end without a lost call (requirement 68).

A caller that keeps connections open learns of it from `Connection: close` in an answer; whoever closes a connection that the
caller just chose fails that call for good, because a POST is never sent twice. So a replica that must go serves on, ends each
connection with its next answer, and closes by itself only those that were idle for a while: the API server's pool takes first
what it used last.
"""

import asyncio
import select
from collections.abc import Iterable
from typing import NamedTuple, cast

import uvicorn

from webhook.serving.protocol import BoundedHttp

_CLOSE = (b"connection", b"close")


class Times(NamedTuple):
    """Seconds. `least`: until every node knows that this replica is not ready. `quiet`: without a call."""

    least: float = 15
    quiet: float = 5
    most: float = 45
    tick: float = 0.25


async def drain(server: uvicorn.Server, times: Times) -> None:
    """Returns when nobody called for a while and nobody can come any more, at the latest `quiet` seconds after `most`."""
    time = asyncio.get_running_loop().time
    state = server.server_state
    _end_with_the_next_answer(server)
    began = called = time()
    answered = state.total_requests
    while time() - began < max(times.least, min(called - began + times.quiet, times.most)):
        await asyncio.sleep(times.tick)
        if state.total_requests != answered:
            answered, called = state.total_requests, time()
        _retire(cast(Iterable[BoundedHttp], state.connections), time() - times.quiet)
    for listener in server.servers:
        listener.close()
    closed = time()
    while state.connections and time() - closed < times.quiet:
        # Whoever connected just before has not said yet what for.
        await asyncio.sleep(times.tick)


def _end_with_the_next_answer(server: uvicorn.Server) -> None:
    state = server.server_state
    # Of these uvicorn makes the others anew each second.
    server.config.encoded_headers.append(_CLOSE)
    state.default_headers = [*state.default_headers, _CLOSE]
    for connection in state.connections:
        if cycle := cast(BoundedHttp, connection).cycle:
            cycle.keep_alive = False


def _retire(connections: Iterable[BoundedHttp], since: float) -> None:
    """Closes what was idle since then, unless a call has come that nobody has read yet."""
    idle = {c.transport.get_extra_info("socket").fileno(): c for c in connections if c.idle_since and c.idle_since <= since}
    waiting = select.poll()
    for descriptor in idle:
        waiting.register(descriptor, select.POLLIN)
    chosen = {descriptor for descriptor, _ in waiting.poll(0)}
    for descriptor in idle.keys() - chosen:
        idle[descriptor].transport.close()
