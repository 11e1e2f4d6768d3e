"""Resident memory of the sidecar beside a real launcher, once it has brought a program online."""

import http.server
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path
from statistics import median

from benchmarks.launching import LAUNCH, STARTS, resident, stamp
from benchmarks.measure import Figure
from benchmarks.processes import serving_pair

COMMAND = [sys.executable, "-I", "-m", "webhook.inpod.sidecar"]
ONLINE, GRANTED = ": online\n", "granted: benchmark\n"


def memory(scheme: str) -> Figure:
    """MiB, of `python -I -m webhook.inpod.sidecar` that has asked a check URL and is ready."""
    with application(scheme) as (url, _):
        return _figure(["--check", url], {ONLINE})


def memory_with_gateway() -> Figure:
    """The same, without a check URL, once a gateway has answered it."""
    with application("https") as (url, folder):
        token = folder / "token"
        token.write_text("token")
        environment = {"RICHPOD_AUTHORITY": (folder / "ca.crt").read_text()}
        return _figure(["--gateway", f"{url}authorize", "--token", str(token)], {ONLINE, GRANTED}, environment)


def _figure(options: Sequence[str], awaited: set[str], environment: Mapping[str, str] | None = None) -> Figure:
    with stamp() as program:
        sizes = sorted(_resident(program, options, awaited, environment) for _ in range(STARTS))
    return Figure(median(sizes), sizes[0], sizes[-1], 0, f"VmRSS once the program is online, median of {STARTS} starts")


def _resident(program: str, options: Sequence[str], awaited: set[str], environment: Mapping[str, str] | None) -> float:
    """Once it has said all lines that end so."""
    with tempfile.TemporaryDirectory() as folder:
        state = f"{folder}/state"
        launch = [LAUNCH, "--state", state, "--", program, "stay"]
        sidecar = [*COMMAND, "--state", state, "--port", str(_free_port()), *options]
        with (
            subprocess.Popen(launch, stdout=subprocess.DEVNULL) as container,
            subprocess.Popen(sidecar, stdout=subprocess.PIPE, text=True, env=environment) as beside,
        ):
            try:
                assert beside.stdout is not None
                left = {*awaited}
                while left:
                    line = beside.stdout.readline()
                    assert line, f"it ended before it said {left}"
                    left = {end for end in left if not line.endswith(end)}
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

    def do_POST(self) -> None:
        """As a gateway."""
        body = b'{"granted": ["benchmark"]}'
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def application(scheme: str) -> Iterator[tuple[str, Path]]:
    """An application that is well, or a gateway: its URL, and the folder of its certificate."""
    with tempfile.TemporaryDirectory() as folder, http.server.ThreadingHTTPServer(("127.0.0.1", 0), Healthy) as server:
        if scheme == "https":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*serving_pair(Path(folder)))
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"{scheme}://127.0.0.1:{server.server_port}/", Path(folder)
        finally:
            server.shutdown()
            thread.join()
