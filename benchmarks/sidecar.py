"""Resident memory of the sidecar beside a real launcher, once it has brought a program online."""

import http.server
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from statistics import median

from benchmarks.launching import LAUNCH, STARTS, resident, stamp
from benchmarks.measure import Figure
from benchmarks.processes import serving_pair

COMMAND = [sys.executable, "-I", "-m", "webhook.inpod.sidecar"]


def memory(scheme: str) -> Figure:
    """MiB, of `python -I -m webhook.inpod.sidecar` that has asked a check URL and is ready."""
    with stamp() as program, application(scheme) as url:
        sizes = sorted(_resident(program, url) for _ in range(STARTS))
    return Figure(median(sizes), sizes[0], sizes[-1], 0, f"VmRSS once the program is online, median of {STARTS} starts")


def _resident(program: str, url: str) -> float:
    with tempfile.TemporaryDirectory() as folder:
        state = f"{folder}/state"
        launch = [LAUNCH, "--state", state, "--", program, "stay"]
        sidecar = [*COMMAND, "--state", state, "--port", str(_free_port()), "--check", url]
        with (
            subprocess.Popen(launch, stdout=subprocess.DEVNULL) as container,
            subprocess.Popen(sidecar, stdout=subprocess.PIPE, text=True) as beside,
        ):
            try:
                assert beside.stdout is not None
                assert any(line.endswith(": online\n") for line in iter(beside.stdout.readline, ""))
                return resident(beside.pid)
            finally:
                beside.terminate()
                container.terminate()


def _free_port() -> int:
    with socket.create_server(("", 0)) as free:
        return int(free.getsockname()[1])


class Healthy(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(HTTPStatus.NO_CONTENT)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def application(scheme: str) -> Iterator[str]:
    """An application that is well; its URL."""
    with tempfile.TemporaryDirectory() as folder, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as server:
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*serving_pair(Path(folder)))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{scheme}://localhost:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()
