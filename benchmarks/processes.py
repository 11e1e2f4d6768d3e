"""Processes of a measurement: started, pinned to a core where there are two, stopped."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from certs.authority import new_authority, new_leaf

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]
RICHPOD = str(Path(sys.executable).parent / "richpod")
START_SECONDS = 30


class Server(NamedTuple):
    pid: int
    port: int


class Tls(NamedTuple):
    certificate: Path
    key: Path


def serving_pair(folder: Path) -> Tls:
    """A P-256 pair for 127.0.0.1, in files; its authority in `ca.crt`."""
    now, day = datetime.now(UTC), timedelta(days=1)
    authority = new_authority("benchmark", now, day)
    leaf = new_leaf(authority, ("127.0.0.1",), now, day)
    (folder / "ca.crt").write_bytes(authority.certificate)
    tls = Tls(folder / "tls.crt", folder / "tls.key")
    tls.certificate.write_bytes(leaf.certificate)
    tls.key.write_bytes(leaf.key)
    return tls


def cpu_seconds(server: Server) -> float:
    """What the server and its children have used so far; the kernel counts in hundredths."""
    children = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text().split()
    ticks = 0
    for pid in (server.pid, *children):
        # the name in parentheses may hold anything
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def running(argv: Sequence[str], log: Path, port: str, environment: dict[str, str] | None = None) -> Iterator[Server]:
    """A server on SERVER_CORE that is ready when its log matches `port`, a pattern whose group is the port."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            argv,
            stdout=output,
            stderr=output,
            env={**os.environ, **(environment or {})},
            preexec_fn=lambda: os.sched_setaffinity(0, {SERVER_CORE}),
        )
    try:
        yield Server(process.pid, _port(process, log, port))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()


def _port(process: subprocess.Popen[bytes], log: Path, pattern: str) -> int:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if found := re.search(pattern, log.read_text()):
            return int(found[1])
        time.sleep(0.02)
    raise RuntimeError(f"{process.args!r} does not serve:\n{log.read_text()}")


@contextmanager
def richpod(folder: Path, tls: Tls, policy: str) -> Iterator[Server]:
    """`richpod serve` with this policy, YAML."""
    file = folder / "policy.yaml"
    file.write_text(policy)
    argv = [RICHPOD, "serve", "--policy", str(file), "--tls-cert", str(tls.certificate), "--tls-key", str(tls.key)]
    argv += ["--host", "127.0.0.1", "--port", "0", "--health-port", "0"]
    with running(argv, folder / "richpod.log", _SERVING) as server:
        yield server


@contextmanager
def floor(folder: Path, tls: Tls, length: int) -> Iterator[Server]:
    """The constant answer of so many bytes."""
    argv = [sys.executable, "-m", "benchmarks.floor", str(tls.certificate), str(tls.key), str(length)]
    with running(argv, folder / "floor.log", _SERVING) as server:
        yield server


@contextmanager
def naive(folder: Path, tls: Tls, added: str) -> Iterator[Server]:
    """Flask under gunicorn, one worker; `added` is for benchmarks.naive, JSON."""
    argv = [sys.executable, "-m", "gunicorn", "benchmarks.naive:app", "--bind", "127.0.0.1:0", "--worker-class", "gthread"]
    argv += ["--threads", "4", "--keep-alive", "120", "--certfile", str(tls.certificate), "--keyfile", str(tls.key)]
    with running(argv, folder / "naive.log", r"Listening at: https://127\.0\.0\.1:(\d+)", {"BENCHMARK_ADDED": added}) as server:
        yield server


_SERVING = r'"event":"serving","port":(\d+)'
