"""The plain port for the kubelet and Prometheus, in threads of its own: it answers whatever the process waits for."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR, socket
from threading import Thread
from typing import Any

from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import CollectorRegistry

CONNECTIONS_LIMIT = 64
"""A thread each; the kubelet and Prometheus have a few, each for milliseconds."""

Check = Callable[[], bool]


@contextmanager
def answering_probes(listener: socket, registry: CollectorRegistry, alive: Check, ready: Check) -> Iterator[None]:
    """/healthz, /readyz and /metrics on a bound socket, while the block runs."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 5
        server_version, sys_version = "richpod", ""

        def do_GET(self) -> None:
            if self.path == "/metrics":
                self._answer(200, generate_latest(registry), CONTENT_TYPE_PLAIN_0_0_4)
            elif self.path == "/readyz":
                self._answer(200, b"ready\n") if ready() else self._answer(503, b"not ready\n")
            elif self.path == "/healthz":
                self._answer(200, b"ok\n") if alive() else self._answer(503, b"stuck\n")
            else:
                self._answer(404, b"not found\n")

        def _answer(self, status: int, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Probes come every few seconds; they are no events."""

    server = _Server(("", 0), Handler, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_activate()
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, name="health", daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    """Anybody may reach the port: of too many connections the oldest ends, and what callers do to theirs is no event."""

    request_queue_size = 128

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._open: dict[Any, None] = {}

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open[request] = None
        for oldest in [*self._open][:-CONNECTIONS_LIMIT]:
            with suppress(OSError):
                oldest.shutdown(SHUT_RDWR)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.pop(request, None)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)
