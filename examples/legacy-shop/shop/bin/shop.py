#!/usr/bin/python3
"""The application: reads its catalogue slowly, makes each page slowly the first time, and takes orders."""

import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import gethostname
from threading import Thread

CATALOGUE = {"/": "Welcome to the shop.", "/books": "Books.", "/records": "Records."}
SECONDS_TO_READ = 2.0
SECONDS_TO_MAKE = 0.5
WAITING = Path("/srv/shop/orders/waiting")

catalogue: dict[str, str] = {}
made: dict[str, str] = {}


class Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, "open") if catalogue else self.answer(503, "still reading the catalogue")
        elif self.path in catalogue:
            self.answer(200, page(self.path))
        else:
            self.answer(404, "no such page")

    def do_POST(self) -> None:
        number = time.time_ns()
        (WAITING / str(number)).touch()
        self.answer(201, f"order {number}")

    def answer(self, status: int, text: str) -> None:
        body = f"{text} ({gethostname()})\n".encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, *_: object) -> None:
        """nginx has its log."""


def page(path: str) -> str:
    if path not in made:
        time.sleep(SECONDS_TO_MAKE)
        made[path] = catalogue[path]
    return made[path]


def read_catalogue() -> None:
    time.sleep(SECONDS_TO_READ)
    catalogue.update(CATALOGUE)
    print("shop.py: the catalogue is read", flush=True)


print("shop.py: starts", flush=True)
Thread(target=read_catalogue, daemon=True).start()
ThreadingHTTPServer(("127.0.0.1", 8080), Shop).serve_forever()
