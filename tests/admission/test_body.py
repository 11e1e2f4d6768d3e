"""Bodies that are large, slow, in pieces, or never come."""

import ssl
from contextlib import ExitStack

import orjson
import pytest

from tests.api_server import CallError, judge
from tests.cluster.processes import until
from tests.reviews import pod, review
from tests.running import DEFAULT, Files, Running, head, process, received, resident, review_body
from webhook.admission.body import BODY_LIMIT, MIB, PENDING_LIMIT, SMALL
from webhook.serving.servers import Limits

BODY = review_body()


@pytest.mark.parametrize("length", [BODY_LIMIT, 2 * BODY_LIMIT, 10**15])
def test_r7_a_body_of_7_mib_is_refused_before_it_is_read(webhook: Running, length: int) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, length))
        assert received(connection).startswith(b"HTTP/1.1 413 ")


def test_r7_whoever_sends_all_of_a_body_that_is_too_large_still_reads_why(webhook: Running) -> None:
    with pytest.raises(CallError, match="413"):
        judge(webhook.post(bytes(BODY_LIMIT + 1)), review(pod()))
    assert webhook.alive


def test_r7_a_body_one_byte_smaller_is_answered(webhook: Running) -> None:
    room = BODY_LIMIT - 1 - len(review_body(padding=""))
    largest = review_body(padding="x" * room)
    assert len(largest) == BODY_LIMIT - 1
    assert judge(webhook.post(largest), orjson.loads(largest)).pod["spec"]["initContainers"]


def test_r71_bodies_that_are_announced_and_do_not_come_keep_nobody_out(webhook: Running) -> None:
    connections = [webhook.socket() for _ in range(2 * PENDING_LIMIT // BODY_LIMIT)]
    for connection in connections:
        connection.sendall(head(f"{DEFAULT}?timeout=30s", BODY_LIMIT - 1) + b"{")
    webhook.await_metric("richpod_admission_in_flight", len(connections))
    assert webhook.post(review_body(padding="x" * (BODY_LIMIT // 2))).status == 200
    for connection in connections:
        connection.close()
    webhook.await_metric("richpod_admission_in_flight", 0)


@pytest.mark.parametrize("sent", [b"", b"{", BODY[:-1]], ids=["nothing", "one byte", "all but one byte"])
def test_r11_a_body_that_does_not_come_is_given_up_while_the_api_server_still_listens(webhook: Running, sent: bytes) -> None:
    with webhook.socket() as connection:
        connection.settimeout(1.0)
        connection.sendall(head(f"{DEFAULT}?timeout=1s", len(BODY)))
        if sent:
            connection.sendall(sent)
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
    assert webhook.alive


def test_r11_a_body_in_many_pieces_is_answered(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(f"{DEFAULT}?timeout=10s", len(BODY), "Connection: close"))
        for i in range(0, len(BODY), 100):
            connection.sendall(BODY[i : i + 100])
        assert received(connection).startswith(b"HTTP/1.1 200 ")


def test_a_caller_that_waits_for_leave_to_send_its_body_gets_it(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, len(BODY), "Expect: 100-continue", "Connection: close"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert received(connection).startswith(b"HTTP/1.1 200 ")


def test_a_caller_that_leaves_is_counted_and_forgotten(webhook: Running) -> None:
    before = webhook.metric("richpod_admission_errors_total", **{"class": "gone"})
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, len(BODY)) + BODY[:100])
        webhook.await_metric("richpod_admission_in_flight", 1)
    webhook.await_metric("richpod_admission_in_flight", 0)
    assert webhook.metric("richpod_admission_errors_total", **{"class": "gone"}) == before + 1


def already(connection: ssl.SSLSocket) -> bytes:
    """What has come, without waiting for more."""
    connection.settimeout(0.1)
    try:
        return connection.recv(65536)
    except TimeoutError:
        return b""


def test_r71_more_large_bodies_than_memory_allows_are_asked_to_come_again(webhook: Running) -> None:
    with ExitStack() as open_ones:
        connections = [open_ones.enter_context(webhook.socket()) for _ in range(PENDING_LIMIT // (BODY_LIMIT - 1) + 1)]
        for connection in connections:
            connection.sendall(head(f"{DEFAULT}?timeout=30s", BODY_LIMIT - 1) + bytes(BODY_LIMIT - 2))
        refusals: list[bytes] = []
        until("a refusal", lambda: refusals.extend(filter(None, map(already, connections))) or refusals)
        assert all(refusal.startswith(b"HTTP/1.1 503 ") and b"retry-after: 1\r\n" in refusal for refusal in refusals)
        assert webhook.alive
        with webhook.socket() as pod:
            pod.sendall(head(DEFAULT, len(BODY), "Connection: close") + BODY[:100])
            pod.sendall(BODY[100:])
            assert received(pod).startswith(b"HTTP/1.1 200 ")
    webhook.await_metric("richpod_admission_in_flight", 0)
    assert webhook.post(review_body(padding="x" * (BODY_LIMIT // 2))).status == 200


def test_r71_small_bodies_that_stall_keep_nobody_out_and_fit_into_memory(files: Files) -> None:
    with process(files) as (running, child), ExitStack() as connections:
        for _ in range(2 * Limits().connections):
            connection = connections.enter_context(running.socket())
            connection.sendall(head(f"{DEFAULT}?timeout=30s", SMALL) + bytes(SMALL - 1))
        assert running.alive
        assert resident(child.pid) < 192 * MIB
        child.kill()
