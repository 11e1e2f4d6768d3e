"""The sidecar's readiness over HTTP: few clients at a time, each for a short while, none of which is waited for."""

import socket
from contextlib import suppress
from functools import partial
from selectors import EVENT_READ, BaseSelector

CLIENTS = 64
"""At once. One more, and the one that came first has to go: who idles never keeps the kubelet out."""
BACKLOG = 1024
"""Who finds it full tries again after a second, and that is how long the kubelet waits."""
SECONDS = 5.0
"""For a whole request; the kubelet waits one."""
PATIENCE = 0.7
"""Seconds for which a no is kept back that may be a yes any moment: the kubelet asks once a second, and hears of it at once."""
REQUEST_BYTES = 4096


def response(request: bytes, ready: bool, why: str) -> bytes:
    """To a request that is there whole."""
    if not request.startswith((b"GET / ", b"GET /\r\n", b"GET /\n")):
        return _written("404 Not Found", "only GET / is answered")
    return _written("200 OK" if ready else "503 Service Unavailable", why)


def _written(status: str, line: str) -> bytes:
    body = f"{line}\n".encode()
    head = (f"HTTP/1.1 {status}", "Content-Type: text/plain", f"Content-Length: {len(body)}", "Connection: close", "", "")
    return "\r\n".join(head).encode() + body


class Client:
    def __init__(self, connection: socket.socket, until: float) -> None:
        self.connection = connection
        self.until = until
        self.request = b""
        self.waits = False
        """For its answer."""


class Readiness:
    """Answers with ``ready`` and ``why``: when a request is there or, where it may be ready ``soon``, within PATIENCE."""

    def __init__(self, selector: BaseSelector) -> None:
        self._selector = selector
        self._clients: dict[int, Client] = {}
        self.ready = False
        self.soon = False
        self.why = ""

    def listen(self, port: int) -> None:
        """On every address, IPv6 included where the kernel has it. Raises OSError."""
        both = socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        listener = socket.create_server(("", port), family=family, backlog=BACKLOG, dualstack_ipv6=both)
        listener.setblocking(False)
        self._selector.register(listener, EVENT_READ, partial(self._accept, listener))

    def go_on(self, now: float) -> None:
        """Answers who waited for it, and sends away who took too long."""
        for client in list(self._clients.values()):
            if client.waits and (client.until <= now or self.ready or not self.soon):
                self._answer(client)
            elif client.until <= now:
                self._leave(client)

    def _accept(self, listener: socket.socket, now: float) -> None:
        """Half of the clients at a time: each is there for a whole turn at least, and is heard if it spoke at once."""
        with suppress(OSError):
            for _ in range(CLIENTS // 2):
                connection, _ = listener.accept()
                self._meet(connection, now)

    def _meet(self, connection: socket.socket, now: float) -> None:
        connection.setblocking(False)
        if len(self._clients) >= CLIENTS:
            self._leave(next(iter(self._clients.values())))
        client = Client(connection, now + SECONDS)
        self._clients[connection.fileno()] = client
        self._selector.register(connection, EVENT_READ, partial(self._hear, client))

    def _hear(self, client: Client, now: float) -> None:
        """Its event may be older than its end: others left for it in between."""
        if client.connection.fileno() < 0:
            return
        try:
            more = client.connection.recv(REQUEST_BYTES)
        except BlockingIOError:
            return
        except OSError:
            more = b""
        client.request += more
        if not more or len(client.request) > REQUEST_BYTES:
            self._leave(client)
        elif not client.waits and (b"\r\n\r\n" in client.request or b"\n\n" in client.request):
            client.waits = True
            client.until = now + PATIENCE

    def _answer(self, client: Client) -> None:
        with suppress(OSError):
            client.connection.send(response(client.request, self.ready, self.why))
        self._leave(client)

    def _leave(self, client: Client) -> None:
        self._selector.unregister(client.connection)
        del self._clients[client.connection.fileno()]
        client.connection.close()
