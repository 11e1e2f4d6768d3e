"""`richpod certs`: looks again whenever one of its objects changes, and every minute."""

import argparse
import logging
import os
import signal
import socket
import time
from datetime import UTC, datetime
from threading import Event, Thread
from typing import NoReturn
from uuid import uuid4

from prometheus_client import start_http_server

from webhook import __version__
from webhook.certificates.loop import Loop, Served
from webhook.certificates.metrics import Metrics
from webhook.certificates.replicas import replicas, served
from webhook.certificates.stored import Place
from webhook.certificates.telling import Telling
from webhook.cluster import Cluster, connect
from webhook.errors import ApiError, BadInput
from webhook.installation import HEALTH_PORT, SERVER_NAMES
from webhook.log import Lines, Log, descriptor, log_to

WATCH = 240
"""Seconds after which a watch is made anew."""
PAUSE = 2
"""Seconds between two watches."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    help = "for probes and metrics, plain HTTP (default: %(default)s; 0: any free one)"
    parser.add_argument("--health-port", type=int, default=HEALTH_PORT, help=help)


def run(arguments: argparse.Namespace) -> NoReturn:
    """Until SIGTERM or SIGINT, then exits with 0. Raises BadInput where it cannot listen or knows no cluster."""
    log = log_to(descriptor(2))
    logging.basicConfig(handlers=[Lines(log)], level=logging.ERROR, force=True)
    keep(connect(), Place(), SERVER_NAMES, lambda: served(replicas()), arguments.health_port, log)


def keep(cluster: Cluster, place: Place, server_names: tuple[str, ...], asked: Served, health_port: int, log: Log) -> NoReturn:
    """For ever. `asked` asks the replicas what they serve."""
    _end_at_once()
    metrics = Metrics()
    log("started", version=__version__, health_port=_expose(metrics, health_port))
    changed = Event()
    for path, name in place.objects:
        Thread(target=_watch, args=(cluster, path, name, changed), daemon=True).start()
    loop = Loop(cluster, place, server_names, asked, uuid4().hex[:8], Telling(log, metrics))
    while True:
        changed.clear()
        changed.wait(loop.look(datetime.now(UTC), time.monotonic()))


def _end_at_once() -> None:
    """On SIGTERM and SIGINT, also while a silent API server or DNS is waited for: every step is safe to stop after."""
    ending = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)

    def end() -> None:
        signal.sigwait(ending)
        os._exit(0)

    Thread(target=end, daemon=True).start()


def _expose(metrics: Metrics, port: int) -> int:
    """The port that is listened on, for whatever address the node has."""
    try:
        server, _ = start_http_server(port, "::" if socket.has_dualstack_ipv6() else "0.0.0.0", metrics.registry)
    except (OSError, OverflowError) as error:
        raise BadInput(f"port {port}: {error}") from None
    return int(server.server_port)


def _watch(cluster: Cluster, path: str, name: str, changed: Event) -> None:
    """Sets `changed` at every event of one object. What is lost between two watches, the next begins with."""
    while True:
        try:
            for _ in cluster.watch(path, WATCH, fieldSelector=f"metadata.name={name}"):
                changed.set()
        except ApiError:
            # The loop says so: it asks the same API server.
            pass
        time.sleep(PAUSE)
