"""Ports that a process listens on: as an option, and as a socket."""

import argparse
import socket

from webhook.errors import BadInput
from webhook.installation import HEALTH_PORT


def number(text: str) -> int:
    """The type of an option."""
    if not text.isdecimal() or int(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: write a number from 0 to 65535")
    return int(text)


def add_health_port(parser: argparse.ArgumentParser) -> None:
    help = "for probes and metrics, plain HTTP (default: %(default)s; 0: any free one)"
    parser.add_argument("--health-port", type=number, default=HEALTH_PORT, help=help)


def bound(host: str, port: int) -> socket.socket:
    """A socket that does not listen yet; an empty host is every address of the node, IPv6 included where the kernel has it.

    Raises BadInput where the port is taken, or the address is none of this machine.
    """
    both = not host and socket.has_dualstack_ipv6()
    listener = socket.socket(socket.AF_INET6 if both or ":" in host else socket.AF_INET)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if both:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise BadInput(f"port {port}: {error.strerror}") from None
    return listener
