"""The webhook process, as a command: what it is told, what it loads, which signals it hears."""

import argparse
import asyncio
import gc
import logging
import signal
from functools import partial
from pathlib import Path

import uvloop

from certs.follow import Follower
from webhook.admission import authority
from webhook.admission.application import create_app, served
from webhook.admission.metrics import Metrics
from webhook.installation import ADMISSION_PORT
from webhook.log import Lines, descriptor, log_to
from webhook.policy.file import load
from webhook.ports import add_health_port, bound, number
from webhook.serving.servers import Signals, serve
from webhook.serving.tls import client_authorities, server_context

EXAMPLES = """examples:
  %(prog)s --policy policy.yaml --tls-cert tls.crt --tls-key tls.key
  %(prog)s --policy policy.yaml --tls-cert tls.crt --tls-key tls.key --host 127.0.0.1 --port 0 --health-port 0
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--policy", metavar="FILE", required=True, help="the policy, YAML")
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, required=True, help="certificate chain, PEM; followed")
    parser.add_argument("--tls-key", metavar="FILE", type=Path, required=True, help="its private key, PEM; followed")
    parser.add_argument(
        "--client-ca",
        metavar="FILE",
        type=Path,
        help="authorities, PEM; only clients with a certificate from one of them may ask for an admission",
    )
    help = "a docker config.json with credentials for the policy's registries; followed"
    parser.add_argument("--registry-credentials", metavar="FILE", type=Path, help=help)
    help = "authorities, PEM, which pods are given that ask the gateway; followed"
    parser.add_argument("--authority", metavar="FILE", type=Path, help=help)
    parser.add_argument("--host", default="", help="address to listen on (default: every address)")
    help = "for the API server, TLS (default: %(default)s; 0: any free one)"
    parser.add_argument("--port", type=number, default=ADMISSION_PORT, help=help)
    add_health_port(parser)


def run(arguments: argparse.Namespace) -> int:
    """Serves until SIGTERM and until nobody calls any more, or until SIGINT or a second signal, then returns 0.

    Raises BadPolicy or BadInput for what it cannot start with. A certificate may come later.
    """
    log = log_to(descriptor(2))
    logging.basicConfig(handlers=[Lines(log)], level=logging.WARNING, force=True)
    policy = load(arguments.policy)
    trusted = client_authorities(arguments.client_ca) if arguments.client_ca else ""
    follower = Follower(arguments.tls_cert, arguments.tls_key, partial(server_context, trusted))
    listeners = bound(arguments.host, arguments.port), bound(arguments.host, arguments.health_port)
    metrics, lookup, find = Metrics(served(policy)), None, None
    if policy.images.registries:
        from webhook.admission.registries import asking

        lookup, find = asking(policy, arguments.registry_credentials, metrics, log)
    app = create_app(policy, log, metrics, find)

    async def until_signal() -> None:
        signals = Signals()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signals.terminate)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, signals.stop.set)
        looking = [authority.follow(arguments.authority, app.state.trust, log)] if arguments.authority else []
        async with asyncio.TaskGroup() as tasks:
            following = [tasks.create_task(each) for each in looking]
            await serve(app, follower, *listeners, signals, log, metrics.certificate)
            for task in following:
                task.cancel()
        if lookup is not None:
            await lookup.close()

    # What is here now stays: the collector need not walk it again (a full pass takes 16 ms).
    gc.collect()
    gc.freeze()
    uvloop.run(until_signal())
    return 0
