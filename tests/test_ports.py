"""Ports, as all processes take them; the sentence of a wrong one stands in tests/admission/test_server.py."""

import socket
from contextlib import closing

import pytest

from webhook.errors import BadInput
from webhook.ports import bound


def test_a_port_that_is_taken_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        number = taken.getsockname()[1]
        with pytest.raises(BadInput, match=f"port {number}: Address already in use"):
            bound("127.0.0.1", number)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="the kernel has no IPv6")
@pytest.mark.parametrize("address", ["127.0.0.1", "::1"])
def test_without_a_host_it_is_every_address(address: str) -> None:
    with closing(bound("", 0)) as listener:
        listener.listen()
        socket.create_connection((address, listener.getsockname()[1]), 5).close()
