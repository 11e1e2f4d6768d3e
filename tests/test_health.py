"""What probes and Prometheus are answered by a process that serves nothing else."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from socket import SO_LINGER, SOL_SOCKET, create_connection
from struct import pack
from threading import active_count

import pytest
from prometheus_client.registry import CollectorRegistry

from webhook.health import CONNECTIONS_LIMIT, answering_probes
from webhook.ports import bound


@contextmanager
def port(alive: bool = True, ready: bool = True) -> Iterator[int]:
    listener = bound("127.0.0.1", 0)
    number = listener.getsockname()[1]
    with answering_probes(listener, CollectorRegistry(), lambda: alive, lambda: ready):
        yield number


def answer(number: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", number, timeout=5)
    connection.request("GET", path)
    with connection.getresponse() as response:
        return response.status, response.read()


@pytest.mark.parametrize(
    ("alive", "ready", "answers"),
    [
        (True, True, [(200, b"ok\n"), (200, b"ready\n")]),
        (True, False, [(200, b"ok\n"), (503, b"not ready\n")]),
        (False, True, [(503, b"stuck\n"), (200, b"ready\n")]),
    ],
)
def test_liveness_and_readiness_are_asked_apart(alive: bool, ready: bool, answers: list[tuple[int, bytes]]) -> None:
    with port(alive, ready) as number:
        assert [answer(number, path) for path in ("/healthz", "/readyz")] == answers


def test_nothing_but_probes_and_metrics_is_answered() -> None:
    with port() as number:
        assert [answer(number, path)[0] for path in ("/metrics", "/", "/metrics/other")] == [200, 404, 404]


def test_behind_the_block_nobody_listens() -> None:
    with port() as number:
        pass
    with pytest.raises(ConnectionRefusedError):
        answer(number, "/healthz")


def test_r71_of_too_many_connections_the_oldest_makes_room() -> None:
    """A thread for each that anybody opens would fill the memory of the process."""
    with port() as number, ExitStack() as stack:
        before = active_count()
        silent = [stack.enter_context(create_connection(("127.0.0.1", number), 5)) for _ in range(CONNECTIONS_LIMIT + 100)]
        assert answer(number, "/healthz") == (200, b"ok\n")
        assert silent[0].recv(1) == b""
        assert active_count() - before <= CONNECTIONS_LIMIT + 50
        silent[-1].sendall(b"GET /healthz HTTP/1.0\r\n\r\n")
        assert silent[-1].recv(12) == b"HTTP/1.0 200"


def test_a_caller_that_hangs_up_is_no_event(capfd: pytest.CaptureFixture[str]) -> None:
    with port() as number:
        with create_connection(("127.0.0.1", number), 5) as hasty:
            hasty.setsockopt(SOL_SOCKET, SO_LINGER, pack("ii", 1, 0))
            hasty.sendall(b"GET /metrics HTTP/1.0\r\n")
        assert answer(number, "/healthz") == (200, b"ok\n")
    assert "Traceback" not in capfd.readouterr().err
