"""Connections on which nothing is said, or no end is found."""

import re
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, closing, suppress
from http.client import HTTPResponse
from pathlib import Path
from time import monotonic

import orjson
import pytest

from tests.reviews import pod, review
from tests.running import DEFAULT, Files, Running, exchange, head, process, received, thread
from webhook.serving import protocol, servers
from webhook.serving.servers import Limits

BODY = orjson.dumps(review(pod()))


def test_r67_idle_connections_outlive_the_api_servers_own_90_seconds() -> None:
    assert servers.KEEP_ALIVE > 90


@pytest.fixture(scope="module")
def hasty(files: Files) -> Iterator[Running]:
    """The same server, its clocks a hundred times as fast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(servers, "KEEP_ALIVE", 1)
        patch.setattr(protocol, "HEAD_SECONDS", 0.2)
        patch.setattr(protocol, "UNREAD_SECONDS", 0.2)
        with thread(files) as running:
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


@pytest.mark.parametrize(
    "said", [b"\r\n", f"POST {DEFAULT} HTTP/1.1\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY + b"\r\n"]
)
def test_what_is_no_request_keeps_no_connection(hasty: Running, said: bytes) -> None:
    with hasty.socket() as connection:
        connection.sendall(said)
        received(connection)


def test_a_caller_that_does_not_read_its_answers_is_cut_off(hasty: Running) -> None:
    call = f"POST {DEFAULT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY
    with hasty.socket() as connection, pytest.raises(OSError, match=r"pipe|reset|closed|EOF"):
        connection.sendall(call * 20_000)


def test_a_caller_that_never_waits_for_an_answer_is_cut_off(webhook: Running) -> None:
    calls = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * (protocol.PIPELINE_LIMIT + 10)
    with webhook.socket() as connection, suppress(OSError):
        connection.sendall(calls)
        assert received(connection).count(b"HTTP/1.1 404") < protocol.PIPELINE_LIMIT
    assert webhook.post(BODY).status == 200


def test_calls_that_were_sent_at_once_are_answered_in_order(webhook: Running) -> None:
    bodies = [orjson.dumps(review(pod(), uid=f"call-{i}")) for i in range(30)]
    heads = [f"POST {DEFAULT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n" for body in bodies]
    ends = [*["\r\n"] * 29, "Connection: close\r\n\r\n"]
    with webhook.socket() as connection:
        connection.sendall(b"".join(h.encode() + e.encode() + b for h, e, b in zip(heads, ends, bodies, strict=True)))
        uids = re.findall(rb'"uid":"([^"]*)"', received(connection))
    assert uids == [f"call-{i}".encode() for i in range(30)]


def test_r73_a_head_without_end_is_not_kept_in_memory(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"pipe|reset|closed|EOF"):
            connection.sendall((b"X: " + b"x" * 16_000 + b"\r\n") * 10_000)
    assert webhook.post(BODY).status == 200


@pytest.mark.parametrize(
    "said", [b"", b"POST / HTTP/1.1\r\nHo", f"POST {DEFAULT} HTTP/1.1\r\nContent-Length: 9\r\n\r\n".encode()]
)
def test_r71_whoever_says_least_makes_room_where_there_are_too_many(files: Files, said: bytes) -> None:
    """So the API server gets in, however many connections stall."""
    with thread(files, limits=Limits(connections=10)) as running, ExitStack() as stack:

        def stall(number: int) -> list[ssl.SSLSocket]:
            """One after the other: the server hears the first before the second has shaken hands."""
            opened = []
            for _ in range(number):
                opened.append(stack.enter_context(running.socket()))
                opened[-1].sendall(said)
            return opened

        first = stall(10)[0]
        connection = stack.enter_context(closing(running.connection()))
        assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        opened = connection.sock
        stall(5)
        assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        assert connection.sock is opened
        with suppress(ConnectionResetError):
            assert first.recv(1) == b""


def test_a_pod_that_waits_for_a_registry_is_not_what_makes_room(tmp_path: Path) -> None:
    """It has said all that it has to say."""
    with socket.create_server(("127.0.0.1", 0)) as registry, ExitStack() as stack:
        host = f"127.0.0.1:{registry.getsockname()[1]}"
        policy = {"images": {"registries": {host: {"addresses": ["127.0.0.0/8"], "plainHttp": True}}}}
        body = orjson.dumps(review(pod({"containers": [{"name": "app", "image": f"{host}/app:1"}]})))
        running, _ = stack.enter_context(process(Files(tmp_path), orjson.dumps(policy).decode()))
        waiting = stack.enter_context(running.socket())
        waiting.sendall(head(length=len(body)) + body)
        asked = stack.enter_context(registry.accept()[0])
        for _ in range(Limits().connections):
            stack.enter_context(running.socket())
        asked.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        assert waiting.recv(15) == b"HTTP/1.1 200 OK"
