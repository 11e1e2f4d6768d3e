"""A running webhook: a real process over real TLS, or the same servers in a thread where a test brings its own parts."""

import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from http.client import HTTPConnection, HTTPSConnection
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
import uvloop

from certs.authority import new_authority, new_leaf
from certs.follow import Follower
from tests.api_server import Reply
from tests.reviews import pod, review
from webhook.admission.application import create_app, served
from webhook.admission.images import Images, Registries
from webhook.admission.metrics import Metrics
from webhook.log import log_to
from webhook.policy import Policy
from webhook.ports import bound
from webhook.serving.drain import Times
from webhook.serving.servers import Limits, Signals, serve
from webhook.serving.tls import server_context

Json = dict[str, Any]

DRAIN = Times(least=0.6, quiet=0.3, most=3, tick=0.02)
"""A drain in a fiftieth of the time."""
SECONDS = 20
"""The longest any test waits for an event; none takes so long when all is well."""
DEFAULT = "/mutate/default/privileged"
ALLOCATOR = dict(re.findall(r"(MALLOC_\w+)=(\d+)", (Path(__file__).parents[1] / "Dockerfile").read_text()))
"""What the image tells glibc."""


class Log:
    """The lines a server wrote so far, and the wait for those to come."""

    def __init__(self) -> None:
        self.lines: list[bytes] = []
        self._more = threading.Condition()

    def follow(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self.write(line)

    def write(self, lines: bytes) -> None:
        with self._more:
            self.lines += lines.splitlines(keepends=True)
            self._more.notify_all()

    def event(self, event: str, **facts: Any) -> Json:
        """The first line, once it is there, that holds these facts."""
        wanted = {"event": event, **facts}
        read = 0

        def found() -> Json | None:
            nonlocal read
            said = [orjson.loads(line) for line in self.lines[read:]]
            read += len(said)
            return next((line for line in said if wanted.items() <= line.items()), None)

        with self._more:
            line = self._more.wait_for(found, SECONDS)
        assert line, f"no {wanted} in {self.lines}"
        return line


class Files:
    """A serving certificate for localhost and what to trust, in a folder."""

    def __init__(self, folder: Path) -> None:
        now = datetime.now(UTC)
        authority = new_authority("test", now, timedelta(days=1))
        leaf = new_leaf(authority, ("localhost", "127.0.0.1"), now, timedelta(days=1))
        self.certificate, self.key, self.policy = folder / "tls.crt", folder / "tls.key", folder / "policy.yaml"
        self.certificate.write_bytes(leaf.certificate)
        self.key.write_bytes(leaf.key)
        self.authority = authority.certificate.decode()

    def arguments(self, policy: str) -> list[str]:
        """Of `richpod serve`, on free ports of the loopback address."""
        self.policy.write_text(policy)
        files = ["--policy", str(self.policy), "--tls-cert", str(self.certificate), "--tls-key", str(self.key)]
        return [*files, "--host", "127.0.0.1", "--port", "0", "--health-port", "0"]


class Running:
    """Clients of a server."""

    def __init__(self, authority: str, log: Log, port: int, health_port: int) -> None:
        self.port, self.health_port, self.log = port, health_port, log
        self.authority = authority
        self.trust = ssl.create_default_context(cadata=authority)

    def connection(self) -> HTTPSConnection:
        return HTTPSConnection("localhost", self.port, timeout=SECONDS, context=self.trust)

    def socket(self) -> ssl.SSLSocket:
        """For what no HTTP client would send."""
        plain = socket.create_connection(("localhost", self.port), SECONDS)
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self.trust.wrap_socket(plain, server_hostname="localhost")

    def post(self, body: bytes, path: str = f"{DEFAULT}?timeout=10s", **headers: str) -> Reply:
        """One call on a connection of its own, as the API server makes it."""
        return self.ask("POST", path, body, **headers)

    def ask(self, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
        with closing(self.connection()) as connection:
            return exchange(connection, method, path, body, **headers)

    @property
    def alive(self) -> bool:
        """Whether it still answers a review, and says so."""
        return self.post(review_body()).status == 200 and self.health("/readyz").status == 200

    def health(self, path: str, method: str = "GET") -> Reply:
        with closing(HTTPConnection("127.0.0.1", self.health_port, timeout=SECONDS)) as connection:
            return exchange(connection, method, path)

    def metric(self, name: str, **labels: str) -> float:
        """One value of /metrics; 0 where it does not show."""
        shown = ",".join(f'{key}="{value}"' for key, value in sorted(labels.items()))
        start = f"{name}{{{shown}}} " if labels else f"{name} "
        lines = self.health("/metrics").body.decode().splitlines()
        return next((float(line[len(start) :]) for line in lines if line.startswith(start)), 0.0)

    def await_metric(self, name: str, value: float, **labels: str) -> None:
        """Returns once the metric has this value."""
        end = monotonic() + SECONDS
        while self.metric(name, **labels) != value:
            assert monotonic() < end, f"{name} is {self.metric(name, **labels)}, not {value}"


def review_body(**changes: Any) -> bytes:
    """A review as the API server sends it, with members of its request replaced."""
    return orjson.dumps(review(pod(), **changes))


def head(path: str = DEFAULT, length: int = 0, *more: str) -> bytes:
    """The head of a call, for a socket."""
    return "\r\n".join([f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *more, "", ""]).encode()


def received(connection: ssl.SSLSocket) -> bytes:
    """All that comes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def exchange(connection: HTTPConnection, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    """One request on an open connection."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    connection.request(method, path, body, {"Content-Type": "application/json", **named})
    with connection.getresponse() as response:
        return Reply(response.status, {key.lower(): value for key, value in response.getheaders()}, response.read())


def resident(pid: int) -> int:
    """Bytes of memory."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096


@contextmanager
def process(files: Files, policy: str = "{}", *options: str) -> Iterator[tuple[Running, subprocess.Popen[bytes]]]:
    """`richpod serve` as a process; its end is part of the test."""
    command = [sys.executable, "-m", "webhook", "serve", *files.arguments(policy), *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, env=os.environ | ALLOCATOR) as child:
        assert child.stderr is not None
        log = Log()
        reader = threading.Thread(target=log.follow, args=(child.stderr,))
        reader.start()
        try:
            serving = log.event("serving")
            yield Running(files.authority, log, serving["port"], serving["health_port"]), child
        finally:
            if child.poll() is None:
                child.send_signal(signal.SIGINT)
            child.wait(SECONDS)
            reader.join(SECONDS)


class InThread(Running):
    """The servers of this process."""

    terminate: Callable[[], object]
    """What SIGTERM does."""
    ended: Callable[[], bool]
    """Waits for the end, and says whether it came."""


@contextmanager
def thread(
    files: Files,
    policy: Policy | None = None,
    registries: Registries | None = None,
    limits: Limits = Limits(),  # noqa: B008
    times: Times = DRAIN,
    client_authorities: str = "",
    awaited: str = "serving",
) -> Iterator[InThread]:
    """The same servers, with registries, clocks and clients of the test's own, from the event `awaited` on."""
    log = Log()
    loop = uvloop.new_event_loop()
    signals = Signals()
    policy, logged = policy or Policy(), log_to(log.write)
    metrics = Metrics(served(policy))
    find = Images(policy, registries, metrics, logged).known if registries else None
    app = create_app(policy, logged, metrics, find)
    follower = Follower(files.certificate, files.key, partial(server_context, client_authorities))
    listeners = bound("127.0.0.1", 0), bound("127.0.0.1", 0)
    running = InThread(files.authority, log, *(listener.getsockname()[1] for listener in listeners))
    serving = serve(app, follower, *listeners, signals, log_to(log.write), metrics.certificate, limits, times)
    runner = threading.Thread(target=partial(loop.run_until_complete, serving))
    running.terminate = partial(loop.call_soon_threadsafe, signals.terminate)
    running.ended = lambda: runner.join(SECONDS) or not runner.is_alive()
    runner.start()
    try:
        log.event(awaited)
        yield running
    finally:
        loop.call_soon_threadsafe(signals.stop.set)
        runner.join(SECONDS)
        with warnings.catch_warnings():
            # uvloop warns of a client that did not say good-bye, and waits for ever where that raises.
            warnings.simplefilter("ignore", ResourceWarning)
            loop.close()
