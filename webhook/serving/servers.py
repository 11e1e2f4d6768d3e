"""Two ports on one event loop: TLS for callers, plain HTTP for the kubelet and Prometheus; from start to end."""

import asyncio
import resource
import socket
from collections.abc import Callable, Coroutine, Iterator
from contextlib import closing, contextmanager
from functools import partial
from typing import Any, NamedTuple

import uvicorn
from fastapi import FastAPI

from certs.follow import Follower
from webhook import __version__
from webhook.log import Log
from webhook.serving.certificate import Told, follow
from webhook.serving.drain import Times, drain
from webhook.serving.handshakes import Handshakes
from webhook.serving.protocol import BoundedHttp

KEEP_ALIVE = 120
"""Seconds. The API server closes idle connections after 90 s; who closes earlier loses calls now and then (requirement 67)."""
GRACE = 5
"""Seconds that running calls get once nobody is to come any more."""
BACKLOG = 2048


class Limits(NamedTuple):
    """How much of each a port takes at once. An API server keeps 25 connections, and opens up to 200 more in a storm of pods."""

    connections: int = 400
    handshakes: int = 400


class Signals:
    """What the process was told. To be made on the loop that serves."""

    def __init__(self) -> None:
        self.drain, self.stop = asyncio.Event(), asyncio.Event()

    def terminate(self) -> None:
        """First to serve on until nobody comes; said again, to stop at once."""
        (self.stop if self.drain.is_set() else self.drain).set()


async def serve(
    app: FastAPI,
    follower: Follower,
    tls: socket.socket,
    health: socket.socket,
    signals: Signals,
    log: Log,
    told: Told,
    limits: Limits = Limits(),  # noqa: B008
    times: Times = Times(),  # noqa: B008
) -> None:
    """Serves on both sockets, `tls` from the first usable certificate on (requirement 70), until it is told to end.

    Sets `app.state.ready`; `app.state.policy` is the hash that the log names. `told` of the certificate; `limits` hold for `tls`.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Each connection is one; who does not ask may have 1,024.
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    secured = Handshakes(follower.context, partial(BoundedHttp, limits.connections), limits.handshakes)
    plain = partial(BoundedHttp, Limits().connections)
    servers = _Server(_config(app, secured)), _Server(_config(app, plain))
    usable = asyncio.Event()

    async def live() -> None:
        await servers[1].serving.wait()
        await _first(usable.wait(), signals.drain.wait())
        if signals.drain.is_set():
            return
        tasks.create_task(servers[0].serve(sockets=[tls]))
        await servers[0].serving.wait()
        app.state.ready = True
        ports = {"port": tls.getsockname()[1], "health_port": health.getsockname()[1]}
        log("serving", **ports, version=__version__, policy=app.state.policy)
        await signals.drain.wait()
        app.state.ready = False
        log("draining")
        await drain(servers[0], times)

    with closing(tls), closing(health):
        async with asyncio.TaskGroup() as tasks:
            following = tasks.create_task(follow(follower, usable, told, log))
            tasks.create_task(servers[1].serve(sockets=[health]))
            await _first(live(), signals.stop.wait())
            app.state.ready = False
            log("stopping")
            following.cancel()
            for server in servers:
                server.should_exit = True


async def _first(*waits: Coroutine[Any, Any, object]) -> None:
    """Returns with the first that does, raises what it raises; the others are cancelled."""
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()


def _config(app: FastAPI, new_protocol: Callable[..., asyncio.Protocol]) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # uvicorn takes other callables for an older interface, and fails each call (seen).
        interface="asgi3",
        http=new_protocol,  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        backlog=BACKLOG,
        # A header of a client must not make the plain port pass for TLS.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=GRACE,
    )


class _Server(uvicorn.Server):
    """Says when it serves, and leaves signals to the process: there are two of it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self.serving.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
