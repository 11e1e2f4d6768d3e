"""HTTP/1.1 over one connection: many calls, and what no client should send."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from time import monotonic

import pytest

from tests.running import DEFAULT, Running, exchange, head, received, review_body

BODY = review_body()


def test_r73_a_body_of_unknown_length_is_refused(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY))
        refusal = received(connection)
    assert refusal.startswith(b"HTTP/1.1 400 ")
    assert b"Transfer-Encoding is not accepted" in refusal


@pytest.mark.parametrize(
    "header",
    [
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Content-Length: 99",
        "Content-Length : 2",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "X: a\x00b",
        "no colon",
    ],
)
def test_r73_a_head_that_two_servers_could_read_differently_is_refused(webhook: Running, header: str) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, 2, header) + b"{}")
        assert received(connection).startswith(b"HTTP/1.1 400 ")
    assert webhook.alive


@pytest.mark.parametrize("headers", [["X: " + "x" * 40_000], [f"X{i}: x" for i in range(9_000)]], ids=["one", "many"])
def test_r73_a_head_that_is_too_large_is_refused(webhook: Running, headers: list[str]) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, len(BODY), *headers) + BODY)
        assert received(connection).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "noise", [b"\x00\xff\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n" * 9 + b"}"]
)
def test_noise_ends_its_own_connection_only(webhook: Running, noise: bytes) -> None:
    with webhook.socket() as connection:
        connection.sendall(noise)
        connection.settimeout(5)
        assert received(connection).startswith(b"HTTP/1.1 400 ")
    assert webhook.alive


def test_a_thousand_calls_go_over_one_connection(webhook: Running) -> None:
    with closing(webhook.connection()) as connection:
        connection.connect()
        opened = connection.sock
        assert all(exchange(connection, "POST", DEFAULT, BODY).status == 200 for _ in range(1_000))
        assert connection.sock is opened


def test_calls_sent_without_waiting_are_answered_in_their_order(webhook: Running) -> None:
    uids = [f"uid-{i}" for i in range(20)]
    bodies = [review_body(uid=uid) for uid in uids]
    with webhook.socket() as connection:
        last = head(DEFAULT, len(bodies[-1]), "Connection: close") + bodies[-1]
        connection.sendall(b"".join(head(DEFAULT, len(body)) + body for body in bodies[:-1]) + last)
        answers = received(connection)
    places = [answers.index(f'"uid":"{uid}"'.encode()) for uid in uids]
    assert places == sorted(places)


def test_r72_two_hundred_calls_at_once_are_all_answered_in_time(webhook: Running) -> None:
    """Within the configured timeoutSeconds, 5 at most; the API server would have given up after them."""
    began = monotonic()
    with ThreadPoolExecutor(200) as pool:
        assert {reply.status for reply in pool.map(webhook.post, [BODY] * 200)} == {200}
    assert monotonic() - began < 5
