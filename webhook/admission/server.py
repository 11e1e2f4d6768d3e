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
from webhook.admission.application import create_app
from webhook.admission.serving import Signals, bound, serve
from webhook.admission.tls import client_authorities, server_context
from webhook.errors import BadInput
from webhook.log import Lines, descriptor, log_to
from webhook.policy.file import load


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--policy", metavar="FILE", required=True, help="the policy, YAML")
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, required=True, help="certificate chain, PEM; followed")
    parser.add_argument("--tls-key", metavar="FILE", type=Path, required=True, help="its private key, PEM; followed")
    parser.add_argument(
        "--client-ca",
        metavar="FILE",
        type=Path,
        help="authorities, PEM; only clients with a certificate from one of them may ask for an admission",
    )
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
    """Serves until SIGTERM and until nobody calls any more, or until SIGINT or a second signal, then returns 0.

    Raises BadPolicy or BadInput for what it cannot start with. A certificate may come later.
    """
    log = log_to(descriptor(2))
    logging.basicConfig(handlers=[Lines(log)], level=logging.WARNING, force=True)
    policy = load(arguments.policy)
    trusted = client_authorities(arguments.client_ca) if arguments.client_ca else ""
    follower = Follower(arguments.tls_cert, arguments.tls_key, partial(server_context, trusted))
    try:
        listeners = bound(arguments.host, arguments.port), bound(arguments.host, arguments.health_port)
    except OSError as error:
        raise BadInput(str(error)) from None
    app = create_app(policy, log)

    async def until_signal() -> None:
        signals = Signals()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, signals.terminate)
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, signals.stop.set)
        await serve(app, follower, *listeners, signals, log)

    # What is here now stays: the collector need not walk it again (a full pass takes 16 ms).
    gc.collect()
    gc.freeze()
    uvloop.run(until_signal())
    return 0
