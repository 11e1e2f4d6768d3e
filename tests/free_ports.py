"""Ports for programs that must be told one, and cannot be handed a listener."""

import random
import socket
from contextlib import ExitStack

_RANGE = range(20000, 30000)
"""Below the ports that Linux gives to connections going out (32768 and up, net.ipv4.ip_local_port_range).

One of those could be taken again between the look and the program's own bind.
"""


def free_ports(number: int) -> list[int]:
    """On which nobody listens, at any address."""
    with ExitStack() as stack:
        found: list[int] = []
        for port in random.sample(_RANGE, len(_RANGE)):
            if len(found) == number:
                break
            try:
                stack.enter_context(socket.create_server(("", port)))
            except OSError:
                continue
            found.append(port)
        return found
