"""Connections that are not secured yet: silent ones, and those whose caller is in a hurry."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest

from tests.running import DEFAULT, SECONDS, Files, InThread, head, review_body, thread
from webhook.serving import handshakes
from webhook.serving.servers import Limits

BODY = review_body()


@pytest.fixture
def running(files: Files) -> Iterator[InThread]:
    with thread(files, limits=Limits(handshakes=10)) as started:
        yield started


def opened(running: InThread) -> socket.socket:
    return socket.create_connection(("127.0.0.1", running.port), SECONDS)


@pytest.mark.parametrize("said", [b"", b"\x16\x03\x01\x02\x00\x01"], ids=["nothing", "the beginning of a greeting"])
def test_r71_of_too_many_handshakes_the_oldest_makes_room(running: InThread, said: bytes) -> None:
    """Or anybody could fill the memory of a replica with connections that cost the caller nothing."""
    with ExitStack() as stack:
        silent = [stack.enter_context(closing(opened(running))) for _ in range(15)]
        for connection in silent:
            connection.sendall(said)
        assert running.post(BODY).status == 200
        assert silent[0].recv(1) == b""
        silent[-1].setblocking(False)
        with pytest.raises(BlockingIOError):
            silent[-1].recv(1)


def test_r69_a_handshake_that_does_not_end_is_given_up(running: InThread, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handshakes, "HANDSHAKE_SECONDS", 0.2)
    with closing(opened(running)) as silent:
        assert silent.recv(1) == b""


def test_what_comes_together_with_the_end_of_the_handshake_is_not_lost(running: InThread) -> None:
    """As from a caller whose first call is in the same packet."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    secured = running.trust.wrap_bio(incoming, outgoing, server_hostname="localhost")
    with closing(opened(running)) as plain:
        while True:
            try:
                secured.do_handshake()
                break
            except ssl.SSLWantReadError:
                plain.sendall(outgoing.read())
                incoming.write(plain.recv(65536))
        secured.write(head(DEFAULT, len(BODY)) + BODY)
        plain.sendall(outgoing.read())
        while True:
            try:
                assert secured.read(100).startswith(b"HTTP/1.1 200 ")
                break
            except ssl.SSLWantReadError:
                incoming.write(plain.recv(65536))
