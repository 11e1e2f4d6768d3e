"""One GET of the check URL, on a connection of its own that never blocks."""

import errno
import os
import re
import socket
from collections.abc import Callable, Generator
from functools import cache, partial
from selectors import EVENT_READ, EVENT_WRITE
from typing import TYPE_CHECKING, TypeVar

from webhook.inpod.check_url import Target

if TYPE_CHECKING:
    import ssl

T = TypeVar("T")
Talk = Generator[int, None, str]
"""Yields the event it waits for; returns what is wrong, or nothing."""

ADDRESS = "127.0.0.1"
HEAD_BYTES = 16384
STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})(?: [^\r\n]*)?\r?\n")
ANSWERED = range(200, 400)
"""Codes the kubelet's probes count as a success; a redirection is one and is not followed."""
WANTED = {"SSLWantReadError": EVENT_READ, "SSLWantWriteError": EVENT_WRITE}
"""By name: module ssl, 4 MiB, is not loaded for http."""


def talk(connection: socket.socket, target: Target) -> Talk:
    """Speaks on a new socket, and closes it. Raises OSError or ValueError."""
    try:
        error = connection.connect_ex((ADDRESS, target.port))
        if error in (0, errno.EINPROGRESS):
            yield EVENT_WRITE
            error = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            return os.strerror(error)
        if target.tls:
            connection = secured(connection, target.host)
        yield from patiently(partial(connection.send, request(target)), EVENT_WRITE)
        head = b""
        while b"\n" not in head and len(head) < HEAD_BYTES:
            more = yield from patiently(partial(connection.recv, HEAD_BYTES), EVENT_READ)
            if not more:
                return "it ended the connection without an answer"
            head += more
        return judged(head)
    finally:
        connection.close()


def request(target: Target) -> bytes:
    lines = (
        f"GET {target.path} HTTP/1.1",
        f"Host: {target.host}:{target.port}",
        "User-Agent: richpod",
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def judged(head: bytes) -> str:
    """What is wrong with an answer that begins so, if anything."""
    status = STATUS.match(head)
    if not status:
        return "its answer is not HTTP"
    return "" if int(status[1]) in ANSWERED else f"it answered {int(status[1])}"


def patiently(call: Callable[[], T], event: int) -> Generator[int, None, T]:
    """Calls again when it can go on."""
    while True:
        try:
            return call()
        except OSError as error:
            wanted = event if isinstance(error, BlockingIOError) else WANTED.get(type(error).__name__)
            if not wanted:
                raise
        yield wanted


def secured(connection: socket.socket, host: str) -> socket.socket:
    """TLS around it, whose handshake comes with the first bytes that are sent."""
    return context().wrap_socket(connection, server_hostname=host.strip("[]"), do_handshake_on_connect=False)


@cache
def context() -> "ssl.SSLContext":
    """Verifies nothing, as the kubelet's probes."""
    import ssl

    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


class Check:
    """A conversation that goes on whenever its socket is ready, until it has a verdict: what is wrong, or an empty word."""

    def __init__(self, target: Target, deadline: float) -> None:
        """Raises OSError where there are no more sockets."""
        self.deadline = deadline
        self.verdict: str | None = None
        self.wanted = 0
        self._port = target.port
        connection = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)
        self.descriptor = connection.fileno()
        self._talk = talk(connection, target)
        self.go_on()

    def go_on(self) -> None:
        try:
            self.wanted = next(self._talk)
        except StopIteration as end:
            self._end(end.value)
        except (OSError, ValueError) as error:
            self._end(getattr(error, "strerror", None) or str(error))

    def late(self) -> None:
        self._end("no answer in time")

    def _end(self, verdict: str) -> None:
        self.verdict = verdict and f"port {self._port} does not answer as it should: {verdict}"
        self.close()

    def close(self) -> None:
        self._talk.close()
