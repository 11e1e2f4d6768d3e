"""A real JVM under the launcher, a real debugger attached to it, and the liveness probe that bears with both."""

import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

import pytest

from tests.inpod.applications import reserved_port
from tests.inpod.conftest import unavailable
from tests.inpod.container import Run, Start, Until

PROGRAMS = Path(__file__).parent / "programs"
SMALL = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx32m")
ANSWERS = b"answers at "
NOBODY = "no debugger is attached to port"
PERIODS = 5
"""Of one second, the kubelet's shortest. It restarts a container after three failures in a row."""


@pytest.fixture(scope="session")
def classes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for program in ("java", "javac", "jdb"):
        if not shutil.which(program):
            unavailable(f"needs {program}, of Debian's openjdk-17-jdk-headless")
    folder = tmp_path_factory.mktemp("classes")
    subprocess.run(["javac", "-d", folder, PROGRAMS / "Server.java"], check=True)
    return folder


@pytest.fixture
def debug_port() -> Iterator[int]:
    with reserved_port() as port:
        yield port


class Jvm(NamedTuple):
    launcher: subprocess.Popen[bytes]
    process: int
    port: int
    debug_port: int


@pytest.fixture
def jvm(build: Path, classes: Path, debug_port: int, start: Start, children: Callable[[int], list[int]]) -> Iterator[Jvm]:
    """The server under the launcher, both ready."""
    program = ("java", *SMALL, "-cp", classes, "Server", "0")
    ended_with_us = ("setpriv", "--pdeathsig", "KILL")
    with start(build / "toolkit/bin/launch", "--java-debug", str(debug_port), "--", *ended_with_us, *program) as launcher:
        assert launcher.stdout
        listening, answering = read_to(launcher.stdout, ANSWERS)[-2:]
        assert listening == b"Listening for transport dt_socket at address: %d\n" % debug_port
        (process,) = children(launcher.pid)
        yield Jvm(launcher, process, int(answering.split()[2]), debug_port)


@pytest.fixture
def wrong(build: Path, run: Run, jvm: Jvm) -> Callable[..., str]:
    """What the probe says is wrong; nothing as long as it is healthy."""

    def wrong(milliseconds: int = 20_000) -> str:
        ports = ("--port", str(jvm.port), "--debugger", str(jvm.debug_port))
        ran = run(build / "toolkit/bin/probe", *ports, "--timeout-ms", str(milliseconds))
        assert ran.returncode == (1 if ran.stderr else 0)
        return ran.stderr.decode()

    return wrong


@pytest.fixture
def answers(build: Path, run: Run, jvm: Jvm) -> Callable[[], bool]:
    """Whether it would be healthy for the kubelet, which knows of no debugger: nobody is at port 1."""
    asking = (build / "toolkit/bin/probe", "--port", str(jvm.port), "--debugger", "1", "--timeout-ms", "500")
    return lambda: run(*asking).returncode == 0


class Debugger(NamedTuple):
    process: subprocess.Popen[bytes]

    def do(self, command: bytes, until: bytes) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(command + b"\n")
        self.process.stdin.flush()
        read_to(self.process.stdout, until)

    def quit(self) -> None:
        self.process.communicate(b"quit\n")


@pytest.fixture
def jdb(jvm: Jvm, start: Start) -> Iterator[Debugger]:
    """Attached, and the JVM runs."""
    with start("jdb", "-attach", f"127.0.0.1:{jvm.debug_port}", stderr=subprocess.STDOUT) as process:
        assert process.stdout
        read_to(process.stdout, b"Initializing jdb")
        yield Debugger(process)


def read_to(output: IO[bytes], end: bytes) -> list[bytes]:
    """The lines, the last of which has `end` in it."""
    lines: list[bytes] = []
    for line in output:
        lines.append(line)
        if end in line:
            return lines
    raise AssertionError(b"".join(lines).decode())


def test_a_breakpoint_may_last_as_long_as_it_takes(
    jdb: Debugger, wrong: Callable[..., str], answers: Callable[[], bool], until: Until
) -> None:
    """All threads are suspended: without the probe the kubelet would restart the container under the debugger's hands."""
    until(answers)
    jdb.do(b"stop in Server.tick", until=b"Breakpoint hit")
    for _ in range(PERIODS):
        began = time.monotonic()
        assert not answers()
        assert wrong() == ""
        time.sleep(max(0.0, began + 1 - time.monotonic()))
    jdb.quit()
    until(answers)
    assert wrong() == ""


def test_a_jvm_that_hangs_is_unhealthy(jvm: Jvm, wrong: Callable[..., str]) -> None:
    """Whoever attaches to it then is not let in."""
    assert wrong() == ""
    os.kill(jvm.process, signal.SIGSTOP)
    expected = f"richpod: port {jvm.port} does not answer as it should: no answer in time; and {NOBODY} {jvm.debug_port}\n"
    assert wrong(500) == expected
    with socket.create_connection(("127.0.0.1", jvm.debug_port)):
        assert wrong(500) == expected
    os.kill(jvm.process, signal.SIGCONT)
    assert wrong() == ""


def test_a_jvm_that_was_killed_under_its_debugger_is_unhealthy(jvm: Jvm, jdb: Debugger, wrong: Callable[..., str]) -> None:
    jdb.do(b"stop in Server.tick", until=b"Breakpoint hit")
    assert wrong() == ""
    os.kill(jvm.process, signal.SIGKILL)
    assert jvm.launcher.wait() == 137
    assert wrong().endswith(f": Connection refused; and {NOBODY} {jvm.debug_port}\n")


def test_a_debugger_that_does_nothing_changes_nothing(jvm: Jvm, jdb: Debugger, wrong: Callable[..., str]) -> None:
    assert wrong() == ""
    jdb.quit()
    assert wrong() == ""
    jvm.launcher.terminate()
    assert jvm.launcher.wait() == 143


@pytest.mark.parametrize("where", ["argument", "environment"])
def test_a_jvm_with_an_agent_of_its_own_starts(build: Path, classes: Path, debug_port: int, start: Start, where: str) -> None:
    """It would end with: Cannot load this JVM TI agent twice."""
    own = "-agentlib:jdwp=transport=dt_socket,server=y,suspend=n,address=127.0.0.1:0"
    words, variables = ((own,), {}) if where == "argument" else ((), {"JAVA_TOOL_OPTIONS": own})
    program = ("java", *SMALL, *words, "-cp", classes, "Server", "0")
    launch = (build / "toolkit/bin/launch", "--java-debug", str(debug_port), "--")
    with start(*launch, *program, env=os.environ | variables, stderr=subprocess.STDOUT) as launcher:
        assert launcher.stdout
        assert b"mention JDWP" in read_to(launcher.stdout, ANSWERS)[0]
        launcher.terminate()
        assert launcher.wait() == 143
