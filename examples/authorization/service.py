"""What both services share: one address, JSON over HTTP or HTTPS, a thread for each connection. Python alone is enough."""

import json
import signal
import ssl
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

LARGEST = 64 * 1024
"""Bytes of a body."""


class Bad(Exception):
    """A call that is answered with this status and sentence."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status, self.sentence = status, sentence


class Call(NamedTuple):
    """`path`: its parts, unescaped; `query`: the last value of each name; `body`: JSON, None where there is none."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Message
    body: Any


Service = Callable[[Call], tuple[int, Any]]
"""Answers with a status and JSON, or raises Bad."""


def address(text: object) -> str:
    """Raises Bad for all but one address in its usual form: no range, no host's name, no zone."""
    try:
        if isinstance(text, str) and "%" not in text and str(ip_address(text)) == text:
            return text
    except ValueError:
        pass
    raise Bad(400, "not an address; write one, for example 10.1.2.3 or 2001:db8::1")


def arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="0.0.0.0", help="the address to listen at (default: every IPv4 address)")
    parser.add_argument("--port", type=int, default=8443, help="0 for any free one (default: 8443)")
    parser.add_argument("--tls-cert", metavar="FILE", help="PEM; without it plain HTTP is spoken")
    parser.add_argument("--tls-key", metavar="FILE", help="PEM")


def serve(service: Service, options: Namespace) -> None:
    """Until SIGTERM or SIGINT. Says on stdout when it listens, and on stderr what was asked."""
    server = _Server((options.host, options.port), _handler(service))
    if options.tls_cert:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.tls_cert, options.tls_key)
        # Each handshake in the thread of its connection: a client that is slow there stops nobody else.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit())
    print(f"listening on port {server.server_address[1]}", flush=True)
    server.serve_forever()


class _Server(ThreadingHTTPServer):
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        if not isinstance(sys.exception(), ConnectionError | ssl.SSLError):
            super().handle_error(request, client_address)


def _handler(service: Service) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        timeout = 60

        def _answer(self) -> None:
            try:
                status, said = service(_call(self))
            except Bad as error:
                status, said = error.status, {"error": error.sentence}
            body = f"{json.dumps(said)}\n".encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_DELETE = do_GET = do_POST = do_PUT = _answer

    return Handler


def _call(handler: BaseHTTPRequestHandler) -> Call:
    url = urlsplit(handler.path)
    length = handler.headers.get("Content-Length", "0")
    if not length.isdecimal() or int(length) > LARGEST:
        handler.close_connection = True
        raise Bad(413, f"the body is longer than {LARGEST} bytes, or of no length")
    content = handler.rfile.read(int(length))
    try:
        body = json.loads(content) if content else None
    except (ValueError, RecursionError):
        raise Bad(400, "the body is not JSON") from None
    path = tuple(unquote(part) for part in url.path.removeprefix("/").split("/"))
    return Call(handler.command, path, dict(parse_qsl(url.query)), handler.headers, body)
