"""The webhook process: TLS for the API server, a plain port for the kubelet and Prometheus, one event loop."""

import argparse
import asyncio
import gc
import logging
import signal
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
import uvloop
from fastapi import FastAPI

from webhook import __version__
from webhook.admission.application import create_app
from webhook.admission.protocol import BoundedHttp
from webhook.admission.tls import tls_context
from webhook.errors import BadInput
from webhook.log import Lines, Log, descriptor, log_to
from webhook.policy.file import load

KEEP_ALIVE = 120
"""Seconds. The API server closes idle connections after 90 s; who closes earlier loses calls now and then (requirement 67)."""
GRACE = 5
"""Seconds that running calls get when the process is told to stop."""
BACKLOG = 2048


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", metavar="FILE", required=True, help="the policy, YAML")
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, required=True, help="certificate chain, PEM")
    parser.add_argument("--tls-key", metavar="FILE", type=Path, required=True, help="its private key, PEM")
    parser.add_argument("--host", default="", help="address to listen on (default: every address)")
    parser.add_argument(
        "--port", type=_port, default=8443, help="for the API server, TLS (default: %(default)s; 0: any free one)"
    )
    parser.add_argument(
        "--health-port",
        type=_port,
        default=8080,
        help="for probes and metrics, plain HTTP (default: %(default)s; 0: any free one)",
    )


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write a number from 0 to 65535")
    return int(text)


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM or SIGINT, then returns 0. Raises BadPolicy or BadInput for what it cannot start with."""
    log = log_to(descriptor(2))
    logging.basicConfig(handlers=[Lines(log)], level=logging.WARNING, force=True)
    policy = load(arguments.policy)
    context = tls_context(arguments.tls_cert, arguments.tls_key)
    try:
        listeners = listen(arguments.host, arguments.port), listen(arguments.host, arguments.health_port)
    except OSError as error:
        raise BadInput(str(error)) from None
    app = create_app(policy, log)

    async def until_signal() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await serve(app, context, *listeners, stop, log)

    # What is here now stays: the collector need not walk it again (a full pass takes 16 ms).
    gc.collect()
    gc.freeze()
    uvloop.run(until_signal())
    return 0


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; an empty host is every address of the node, IPv6 included where the kernel has it."""
    both = not host and socket.has_dualstack_ipv6()
    family = socket.AF_INET6 if both or ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=BACKLOG, dualstack_ipv6=both)


async def serve(
    app: FastAPI, context: ssl.SSLContext, admission: socket.socket, health: socket.socket, stop: asyncio.Event, log: Log
) -> None:
    """Serves on both sockets until `stop` is set; the application is ready from the moment both do."""
    servers = {_Server(_config(app, context)): admission, _Server(_config(app, None)): health}
    async with asyncio.TaskGroup() as tasks:
        for server, listener in servers.items():
            tasks.create_task(server.serve(sockets=[listener]))
        for server in servers:
            await server.serving.wait()
        app.state.ready = True
        log("serving", port=admission.getsockname()[1], health_port=health.getsockname()[1], version=__version__)
        await stop.wait()
        log("stopping")
        for server in servers:
            server.should_exit = True


def _config(app: FastAPI, context: ssl.SSLContext | None) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        # uvicorn takes other callables for an older interface, and fails each call (seen).
        interface="asgi3",
        http=BoundedHttp,
        ws="none",
        lifespan="off",
        ssl_context_factory=(lambda *_: context) if context else None,
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
