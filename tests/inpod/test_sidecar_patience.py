"""Readiness without the sidecar's loop, by any clock: who has to go, and which answers are kept back."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from selectors import DefaultSelector, SelectorKey

import pytest

from tests.inpod.applications import reserved_port
from tests.inpod.sidecars import connected
from webhook.inpod.sidecar import readiness


class Alone:
    """Readiness, and its clients."""

    def __init__(self, port: int, stack: ExitStack) -> None:
        self.selector = stack.enter_context(DefaultSelector())
        self.readiness = readiness.Readiness(self.selector)
        self.readiness.listen(port)
        self.listener = next(iter(self.selector.get_map().values()))
        stack.callback(self.listener.fileobj.close)  # type: ignore[union-attr]
        stack.callback(self.readiness.go_on, float("inf"))
        self._port = port
        self._stack = stack

    def event(self, of_listener: bool) -> SelectorKey:
        while True:
            for key, _ in self.selector.select():
                if of_listener == (key == self.listener):
                    return key

    def client(self) -> socket.socket:
        """One that is let in."""
        found = self._stack.enter_context(connected(self._port))
        self.event(of_listener=True).data(0.0)
        return found

    def asks(self) -> socket.socket:
        """One that is let in, and heard."""
        found = self.client()
        found.sendall(b"GET / HTTP/1.1\r\n\r\n")
        self.event(of_listener=False).data(0.0)
        found.setblocking(False)
        return found


@pytest.fixture
def alone() -> Iterator[Alone]:
    with reserved_port() as port, ExitStack() as stack:
        yield Alone(port, stack)


def test_a_client_may_speak_in_the_moment_in_which_it_has_to_go(alone: Alone) -> None:
    """Its event is there already when the one who comes instead is let in."""
    first, *_ = [alone.client() for _ in range(readiness.CLIENTS)]
    first.sendall(b"GET / HTTP/1.1\r\n\r\n")
    spoke = alone.event(of_listener=False)
    alone.client()
    spoke.data(0.0)
    with pytest.raises(ConnectionResetError):
        first.recv(1)


def test_a_no_that_may_be_a_yes_soon_is_kept_back_until_it_is_one(alone: Alone) -> None:
    alone.readiness.soon = True
    client = alone.asks()
    alone.readiness.go_on(readiness.PATIENCE - 0.01)
    with pytest.raises(BlockingIOError):
        client.recv(1)
    alone.readiness.ready = True
    alone.readiness.go_on(readiness.PATIENCE - 0.01)
    assert client.recv(12) == b"HTTP/1.1 200"


@pytest.mark.parametrize(("soon", "seconds"), [(True, readiness.PATIENCE), (False, 0.0)])
def test_any_other_no_is_said_in_time(alone: Alone, soon: bool, seconds: float) -> None:
    alone.readiness.soon = soon
    client = alone.asks()
    alone.readiness.go_on(seconds)
    assert client.recv(12) == b"HTTP/1.1 503"
