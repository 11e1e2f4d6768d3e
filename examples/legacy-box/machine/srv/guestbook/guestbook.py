#!/usr/bin/python3
"""A guest book on port 8080: GET shows what was written, POST adds a line."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

BOOK = Path("/var/lib/guestbook")


class Guest(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(BOOK.read_bytes() if BOOK.exists() else b"")

    def do_POST(self) -> None:
        with BOOK.open("ab") as book:
            book.write(self.rfile.read(int(self.headers["Content-Length"])) + b"\n")
        self._answer(b"thank you\n")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("", 8080), Guest).serve_forever()
