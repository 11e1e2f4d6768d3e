"""`richpod gateway`: what it is told, what it loads, which signals it hears."""

import argparse
import asyncio
import gc
import logging
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from uuid import uuid4

import uvloop

from certs.follow import Follower
from webhook.cluster import Cluster, connect
from webhook.gateway.application import create_app
from webhook.gateway.exchange import count_strays, named
from webhook.gateway.grants.grant import Grant
from webhook.gateway.metrics import Metrics, counted
from webhook.gateway.replicas.election import SURE, Election
from webhook.gateway.replicas.endpoints import lead_to
from webhook.gateway.replicas.leading import Leading
from webhook.gateway.replicas.live import LiveApi, LiveLease, LiveSlices, Threads
from webhook.gateway.replicas.replica import Replica
from webhook.gateway.upstreams.credentials import credentials, must_be_usable
from webhook.gateway.upstreams.upstream import Upstreams
from webhook.gateway.world import Ask
from webhook.installation import GATEWAY_PORT, GATEWAY_SLICES
from webhook.log import Lines, Log, descriptor, failure, log_to
from webhook.policy import Policy
from webhook.policy.file import load
from webhook.ports import add_health_port, bound, number
from webhook.serving.servers import Limits, Signals, serve
from webhook.serving.tls import server_context

LEASE = 10
"""Seconds: after 12 another leads, at the latest."""
WAITING = 2000
"""Pods that may wait at once; each connection takes 50 KiB."""
CALLS, REVIEWS, WRITES = 4, 4, 4
"""Of the API server, at once."""

EXAMPLES = """examples:
  %(prog)s --policy policy.yaml --tls-cert tls.crt --tls-key tls.key --name richpod-gateway-1 --address 10.0.0.7
  %(prog)s --policy policy.yaml --tls-cert tls.crt --tls-key tls.key --name here --address 127.0.0.1 --port 0 --health-port 0
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--policy", metavar="FILE", required=True, help="the policy, YAML")
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, required=True, help="certificate chain, PEM; followed")
    parser.add_argument("--tls-key", metavar="FILE", type=Path, required=True, help="its private key, PEM; followed")
    help = "of upstreams: a folder named like each that has some, and in it a file for each header, named like it"
    parser.add_argument("--credentials", metavar="DIR", type=Path, default=Path("/nonexistent"), help=help)
    parser.add_argument("--name", metavar="POD", required=True, help="this replica's pod")
    help = "where pods reach this replica, several with commas: its pod's addresses"
    parser.add_argument("--address", metavar="IP", type=lambda text: text.split(","), required=True, help=help)
    help = "seconds after which a leader that says nothing is taken for dead (default: %(default)s)"
    parser.add_argument("--lease", metavar="SECONDS", type=int, default=LEASE, help=help)
    parser.add_argument("--host", default="", help="address to listen on (default: every address)")
    help = "for pods, TLS (default: %(default)s; 0: any free one)"
    parser.add_argument("--port", type=number, default=GATEWAY_PORT, help=help)
    add_health_port(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM and until nobody calls any more, or until SIGINT or a second signal, then returns 0; 1 after a fault.

    Raises BadPolicy or BadInput for what it cannot start with. A certificate may come later, and so may the API server.
    """
    log = log_to(descriptor(2))
    logging.basicConfig(handlers=[Lines(log)], level=logging.ERROR, force=True)
    policy = load(arguments.policy)
    must_be_usable(credentials(arguments.credentials, policy.gateway), policy.gateway)
    follower = Follower(arguments.tls_cert, arguments.tls_key, server_context)
    listeners = bound(arguments.host, arguments.port), bound(arguments.host, arguments.health_port)
    cluster = connect()
    gc.collect()
    gc.freeze()
    return uvloop.run(_live(arguments, policy, follower, listeners, cluster, log))


async def _live(
    arguments: argparse.Namespace,
    policy: Policy,
    follower: Follower,
    listeners: tuple[socket, socket],
    cluster: Cluster,
    log: Log,
) -> int:
    signals, failed = Signals(), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signals.terminate)
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, signals.stop.set)
    metrics = Metrics(policy.gateway.upstreams, lambda name: replica.waiting(name), lambda phase: replica.count(phase))
    ask = Upstreams(policy.gateway.upstreams, credentials(arguments.credentials, policy.gateway))
    replica = _replica(arguments, policy, cluster, counted(ask, metrics), metrics, log)
    app = create_app(policy.hash, replica.answering, policy.gateway.wait, metrics, log)
    count_strays(app, metrics)

    async def leads() -> None:
        try:
            await replica.run()
        except Exception as error:
            # What it knows may not be so any more: it starts anew, and reads the ledger.
            log("failure", **failure(_first(error)))
            failed.set()
            signals.stop.set()

    async def leaves(life: asyncio.Task[None]) -> None:
        await signals.drain.wait()
        life.cancel()
        await replica.leave()

    life = asyncio.create_task(leads())
    leaving = asyncio.create_task(leaves(life))
    await serve(app, follower, *listeners, signals, log, metrics.certificate, Limits(WAITING, WAITING))
    if signals.drain.is_set():
        await leaving
    life.cancel()
    leaving.cancel()
    await ask.close()
    return int(failed.is_set())


def _replica(arguments: argparse.Namespace, policy: Policy, cluster: Cluster, ask: Ask, metrics: Metrics, log: Log) -> Replica:
    """Threads of its own for the Lease: however much is asked of the API server, it is renewed."""
    few, lease = Threads(2), arguments.lease
    api = LiveApi(cluster, Threads(CALLS), Threads(REVIEWS), Threads(WRITES))
    election = Election(
        LiveLease(cluster, few, lease * (1 - SURE)),
        f"{arguments.name}_{uuid4().hex[:8]}",
        lease,
        _boottime,
        lambda: datetime.now(UTC),
    )
    # From here on nobody sets it.
    began = time.time() - _boottime()

    def begin(leads: Callable[[], bool], quiet: float) -> Leading:
        """What the one before asked of upstreams, it has asked for at most their timeout."""
        slowest = max((upstream.timeout for upstream in policy.gateway.upstreams.values()), default=0)
        fence = max(0.0, slowest - quiet)
        first = asyncio.get_running_loop().time() + fence
        return Leading(api, ask, policy, lambda: began + _boottime(), leads, first, ended, restored, unreadable)

    def ended(grant: Grant) -> None:
        log("revocation", **named(**grant.owner._asdict(), why=grant.ended), entries=len(grant.entries))

    def restored(grant: Grant) -> None:
        log("grant-restored", **named(**grant.owner._asdict()))

    def unreadable(why: str) -> None:
        log("unreadable", why=why)

    slices = LiveSlices(cluster, Threads(2))
    return Replica(election, begin, lambda: lead_to(slices, GATEWAY_SLICES, arguments.address, arguments.name), metrics, log)


def _boottime() -> float:
    """Also while the machine sleeps, or this process is stopped."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def _first(error: BaseException) -> BaseException:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
