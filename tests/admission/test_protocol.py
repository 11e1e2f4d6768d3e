"""Connections on which nothing is said, or no end is found."""

from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse
from time import monotonic

import orjson
import pytest

from tests.reviews import pod, review
from tests.serving import DEFAULT, Files, Running, exchange, thread
from webhook.admission import protocol, server
from webhook.admission.context import no_resolver
from webhook.policy import Policy

BODY = orjson.dumps(review(pod()))


def test_r67_idle_connections_outlive_the_api_servers_own_90_seconds() -> None:
    assert server.KEEP_ALIVE > 90


@pytest.fixture(scope="module")
def hasty(files: Files) -> Iterator[Running]:
    """The same server, its clocks a hundred times as fast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "KEEP_ALIVE", 1)
        patch.setattr(protocol, "HEAD_SECONDS", 0.2)
        with thread(files, Policy(), no_resolver) as running:
            yield running


@pytest.mark.parametrize("said", [b"", f"POST {DEFAULT} HTTP/1.1\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY])
def test_a_connection_ends_when_nothing_was_asked_for_so_long(hasty: Running, said: bytes) -> None:
    with hasty.socket() as connection:
        connection.sendall(said)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ") == bool(said)


@pytest.mark.parametrize("before", [False, True], ids=["first", "after a call"])
def test_r69_a_head_that_does_not_end_is_given_up(hasty: Running, before: bool) -> None:
    with closing(hasty.connection()) as connection:
        connection.connect()
        if before:
            assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        connection.sock.sendall(b"POST / HTTP/1.1\r\nHost: x")
        assert connection.sock.recv(100) == b""


def test_a_connection_in_use_outlives_all_these_clocks(hasty: Running) -> None:
    head = f"POST {DEFAULT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    with closing(hasty.connection()) as connection:
        connection.connect()
        opened, end = connection.sock, monotonic() + 1.3
        # the first head comes in two pieces: between them the server has done something else
        opened.sendall(head[:20])
        assert hasty.post(BODY).status == 200
        opened.sendall(head[20:] + BODY)
        answer = HTTPResponse(opened, method="POST")
        answer.begin()
        assert (answer.status, bool(answer.read())) == (200, True)
        while monotonic() < end:
            assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        assert connection.sock is opened


def test_r73_a_head_without_end_is_not_kept_in_memory(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"pipe|reset|closed|EOF"):
            connection.sendall((b"X: " + b"x" * 16_000 + b"\r\n") * 10_000)
    assert webhook.post(BODY).status == 200
