"""The launcher and the sidecar themselves, on one state directory."""

import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.inpod.container import Container, Run, Until, note, text, words

Start = Callable[..., AbstractContextManager[subprocess.Popen[bytes]]]

ROOT = Path(__file__).parents[2]
QUIET = "exec sleep 100"
BOTH = (*note("preonline"), *note("postoffline"))


@pytest.fixture
def is_ready(start: Start, state: Path, until: Until) -> Iterator[Callable[[], bool]]:
    """What the kubelet would see of a sidecar that runs."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def is_ready() -> bool:
        try:
            with socket.create_connection(("127.0.0.1", port), 5) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                return connection.recv(100).startswith(b"HTTP/1.1 200")
        except OSError:
            return False

    with start(sys.executable, "-m", "webhook.inpod.sidecar", "--state", state, "--port", str(port), cwd=ROOT):
        yield is_ready


def test_a_program_is_ready_once_preonline_ran_and_no_longer_when_it_ends(
    container: Container, tmp_path: Path, until: Until, is_ready: Callable[[], bool]
) -> None:
    for _ in range(2):
        with container(*BOTH, program=QUIET) as process:
            until(is_ready)
            process.terminate()
            assert process.wait() == 143
            until(lambda: not is_ready())
    assert words(tmp_path / "log") == ["preonline", "postoffline"] * 2


def test_a_person_holds_it_and_lets_it_online_and_takes_it_offline(
    container: Container, state: Path, tmp_path: Path, until: Until, is_ready: Callable[[], bool], run: Run, launch: Path
) -> None:
    with container(*BOTH, "--hold", program=QUIET):
        until(lambda: text(state / "running") != "")
        for _ in range(2):
            assert run(launch, "online", state).returncode == 0
            until(is_ready)
            assert run(launch, "offline", state).returncode == 0
            until(lambda: not is_ready())
    assert words(tmp_path / "log") == ["preonline", "postoffline"] * 2
