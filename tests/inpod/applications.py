"""Applications that a test puts on a port of 127.0.0.1, and what each does with a connection."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from certs.authority import new_authority

Talk = Callable[[socket.socket, int], None]
"""What it does with a connection, and with the how many-th, from 0; the connection is closed afterwards."""


class App:
    def __init__(self, talk: Talk, port: int) -> None:
        self.connections: list[socket.socket] = []
        self._talk = talk
        self._listener = socket.create_server(("127.0.0.1", port))
        self.port = int(self._listener.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def url(self, scheme: str = "http", path: str = "/healthz") -> str:
        return f"{scheme}://localhost:{self.port}{path}"

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                thread = threading.Thread(target=self._serve, args=(connection, len(self.connections)))
                self.connections.append(connection)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket, count: int) -> None:
        """The other side may go at any time."""
        with connection, suppress(OSError):
            self._talk(connection, count)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        for connection in self.connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()


@contextmanager
def app(talk: Talk, port: int = 0) -> Iterator[App]:
    running = App(talk, port)
    try:
        yield running
    finally:
        running.close()


def request(connection: socket.socket) -> bytes:
    """All of it; raises OSError where the other side ends first."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = connection.recv(4096)
        if not more:
            raise ConnectionResetError
        read += more
    return read


def answers(*codes: int) -> Talk:
    """One after the other, and the last for ever."""

    def talk(connection: socket.socket, count: int) -> None:
        request(connection)
        code = codes[min(count, len(codes) - 1)]
        connection.sendall(b"HTTP/1.1 %d Word of it\r\nContent-Length: 2\r\n\r\nok" % code)

    return talk


def hangs(connection: socket.socket, count: int) -> None:
    """Reads and never says a word, until the other side ends."""
    while connection.recv(4096):
        pass


def drips(connection: socket.socket, count: int) -> None:
    """A byte of a long first line now and then, for ever."""
    request(connection)
    connection.sendall(b"HTTP/1.1 200 ")
    pause = threading.Event()
    while not pause.wait(0.02):
        connection.sendall(b"O")


def slow(connection: socket.socket, count: int) -> None:
    """Answers in pieces, the last of them the end of the first line."""
    request(connection)
    for piece in (b"HT", b"TP/1.1 ", b"20", b"4\r", b"\n"):
        time.sleep(0.02)
        connection.sendall(piece)


def writes(text: bytes, connection: socket.socket, count: int) -> None:
    """Answers with this text."""
    request(connection)
    connection.sendall(text)


def closes(connection: socket.socket, count: int) -> None:
    request(connection)


def then_well(ill: Talk) -> Talk:
    """Ill once, and well from then on."""
    return lambda connection, count: (ill if count == 0 else answers(200))(connection, count)


def over_tls(talk: Talk, folder: Path) -> Talk:
    """With a certificate of another name, signed by itself and ended long ago: the kubelet's probes would accept it."""
    pair = new_authority("nobody", datetime.now(UTC) - timedelta(days=400), timedelta(days=1))
    (folder / "pair.pem").write_bytes(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "pair.pem")

    def secured(connection: socket.socket, count: int) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            talk(inner, count)

    return secured


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port on which nothing listens but what is told to: while it is held so, nobody who asks for any gets it."""
    with socket.socket(socket.AF_INET6 if socket.has_dualstack_ipv6() else socket.AF_INET) as holding:
        holding.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holding.bind(("", 0))
        yield int(holding.getsockname()[1])
