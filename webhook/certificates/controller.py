"""`richpod certs`: looks again whenever one of its objects changes, and every minute."""

import argparse
import logging
import os
import signal
import time
from datetime import UTC, datetime
from threading import Event, Thread
from typing import NoReturn
from uuid import uuid4

from webhook import __version__
from webhook.certificates.loop import Loop
from webhook.certificates.metrics import Metrics
from webhook.certificates.replicas import replicas, served
from webhook.certificates.stored import Place
from webhook.certificates.telling import Telling
from webhook.cluster import Cluster, connect
from webhook.errors import ApiError
from webhook.health import answering_probes
from webhook.installation import SERVER_NAMES
from webhook.log import Lines, descriptor, log_to
from webhook.ports import add_health_port, bound

WATCH = 240
"""Seconds after which a watch is made anew."""
PAUSE = 2
"""Seconds between two watches."""
CALM = 0.5
"""Seconds between an event and the look at it."""

EXAMPLES = """examples:
  %(prog)s
  %(prog)s --health-port 9090
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    add_health_port(parser)


def run(arguments: argparse.Namespace) -> NoReturn:
    """Until SIGTERM or SIGINT, then exits with 0. Raises BadInput where it cannot listen or knows no cluster."""
    log = log_to(descriptor(2))
    logging.basicConfig(handlers=[Lines(log)], level=logging.ERROR, force=True)
    _end_at_once()
    cluster, place, metrics = connect(), Place(), Metrics()
    listener = bound("", arguments.health_port)
    loop = Loop(cluster, place, SERVER_NAMES, lambda: served(replicas()), uuid4().hex[:8], Telling(log, metrics))
    changed = Event()
    # A restart cures nothing of what it waits for, and nobody calls it.
    with answering_probes(listener, metrics.registry, alive=lambda: True, ready=lambda: True):
        log("started", version=__version__, health_port=listener.getsockname()[1])
        for path, name in place.objects:
            Thread(target=_watch, args=(cluster, path, name, changed), daemon=True).start()
        while True:
            changed.clear()
            if changed.wait(loop.look(datetime.now(UTC), time.monotonic())):
                # Somebody may write without end; what comes together is one look.
                time.sleep(CALM)


def _end_at_once() -> None:
    """On SIGTERM and SIGINT, also while a silent API server or DNS is waited for: every step is safe to stop after."""
    ending = (signal.SIGTERM, signal.SIGINT)
    signal.pthread_sigmask(signal.SIG_BLOCK, ending)

    def end() -> None:
        signal.sigwait(ending)
        os._exit(0)

    Thread(target=end, daemon=True).start()


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
