"""The end of a replica that others keep calling (requirement 68), its clocks fifty times as fast."""

import threading
from collections.abc import Iterator
from contextlib import closing
from time import monotonic

import pytest

from tests.running import DEFAULT, DRAIN, Files, InThread, exchange, head, received, review_body, thread
from webhook.serving import servers
from webhook.serving.drain import Times

BODY = review_body()


@pytest.fixture
def running(files: Files) -> Iterator[InThread]:
    with thread(files) as started:
        yield started


def drained(running: InThread) -> None:
    running.terminate()
    running.log.event("draining")


def test_r68_the_clocks_fit_into_a_termination_grace_period_of_60_seconds() -> None:
    times = Times()
    assert times.least >= 15
    assert times.quiet >= 5
    assert times.most + times.quiet + servers.GRACE < 60


def test_r68_unready_at_once_it_answers_old_and_new_connections_and_ends_each_with_its_answer(running: InThread) -> None:
    with closing(running.connection()) as old:
        assert "connection" not in exchange(old, "POST", DEFAULT, BODY).headers
        drained(running)
        assert (running.health("/readyz").status, running.metric("richpod_ready")) == (503, 0)
        for connection in (old, running.connection()):
            with closing(connection):
                reply = exchange(connection, "POST", DEFAULT, BODY)
                assert (reply.status, reply.headers["connection"]) == (200, "close")


def test_r68_a_call_that_runs_when_it_is_told_ends_its_connection_too(running: InThread) -> None:
    with running.socket() as connection:
        connection.sendall(head(f"{DEFAULT}?timeout=20s", len(BODY)) + BODY[:10])
        running.await_metric("richpod_admission_in_flight", 1)
        drained(running)
        connection.sendall(BODY[10:])
        assert b"\r\nconnection: close\r\n" in received(connection)


def test_r68_connections_that_are_idle_for_long_are_closed_and_fresh_ones_are_not(running: InThread) -> None:
    with running.socket() as idle:
        drained(running)
        told = monotonic()
        assert idle.recv(1) == b""
        assert DRAIN.quiet <= monotonic() - told + 0.1
        assert running.post(BODY).status == 200


def test_r68_it_ends_when_nobody_has_called_for_a_while(running: InThread) -> None:
    began = monotonic()
    drained(running)
    assert running.ended()
    assert monotonic() - began >= DRAIN.least
    with pytest.raises(ConnectionRefusedError):
        running.post(BODY)


def test_r68_as_long_as_somebody_calls_it_serves_and_not_for_ever(files: Files) -> None:
    times = DRAIN._replace(most=2)
    with thread(files, times=times) as running:
        began = monotonic()
        drained(running)
        answers = iter(lambda: running.post(BODY).status, None)
        # A call in the backlog of the closed socket is reset, one that comes later is refused.
        with pytest.raises((ConnectionRefusedError, ConnectionResetError)):
            assert {*answers} == {200}
        assert monotonic() - began >= times.most
        assert running.ended()
        with pytest.raises(ConnectionRefusedError):
            running.post(BODY)


def test_r68_callers_that_keep_connections_see_no_error_through_a_rolling_restart(files: Files) -> None:
    """Two replicas are replaced one after the other under callers that dial a ready one, as kube-proxy lets them."""
    ready: list[InThread] = []
    errors: list[BaseException] = []
    answers: list[int] = []
    over = threading.Event()

    def call() -> None:
        try:
            while not over.is_set():
                with closing(ready[-1].connection()) as connection:
                    closed = False
                    while not closed and not over.is_set():
                        reply = exchange(connection, "POST", DEFAULT, BODY)
                        answers.append(reply.status)
                        closed = reply.headers.get("connection") == "close"
        except BaseException as error:
            errors.append(error)

    with thread(files) as first, thread(files) as second, thread(files) as third, thread(files) as fourth:
        ready += [first, second]
        callers = [threading.Thread(target=call) for _ in range(4)]
        for caller in callers:
            caller.start()
        for old, new in ((first, third), (second, fourth)):
            ready.append(new)
            ready.remove(old)
            old.terminate()
            assert old.ended()
        over.set()
        for caller in callers:
            caller.join()
    assert errors == []
    assert set(answers) == {200}
