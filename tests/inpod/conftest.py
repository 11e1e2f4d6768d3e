"""Real binaries and real processes: what runs inside pods is built once and run, with nothing in its place."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest
from hypothesis import is_hypothesis_test

from tests.inpod import processes
from tests.inpod.container import STAY, Container, Run, Start, Started
from tests.inpod.services import SHOW, Image
from tests.inpod.sidecars import Launcher

ROOT = Path(__file__).parents[2]
NAMESPACES = ("unshare", "--user", "--map-root-user", "--mount", "--pid", "--fork", "--mount-proc")
SECONDS = 100
"""In which something must happen; a machine that is busy with other things may take its time."""

Word = str | bytes | Path


@pytest.fixture(scope="session")
def build() -> Path:
    """The folder that holds ``toolkit/bin`` and ``sanitized/bin``, up to date. Parallel test processes take turns."""
    folder = ROOT / "build"
    folder.mkdir(exist_ok=True)
    make = ["make", "--silent", "-f", "webhook/inpod/toolkit.mk", f"PYTHON={sys.executable}", "toolkit", "sanitized"]
    with (folder / "toolkit.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(make, cwd=ROOT, check=True)
    return folder


@pytest.fixture(scope="session", params=["toolkit", "sanitized"])
def launch(request: pytest.FixtureRequest, build: Path) -> Path:
    """The static binary as shipped, at real clocks, and the same sources under AddressSanitizer and UBSan, looking more often.

    A test of which one of them would prove nothing runs with ``TOOLKIT`` or ``SANITIZED`` of ``tests.inpod.container`` alone.
    """
    return build / request.param / "bin/launch"


@pytest.fixture(scope="session")
def run() -> Run:
    """Runs a command to its end; returns its code and all it wrote."""

    def run(*command: Word, **options: object) -> subprocess.CompletedProcess[bytes]:
        signal.alarm(SECONDS)
        return subprocess.run(command, capture_output=True, check=False, **options)

    return run


@pytest.fixture
def start() -> Start:
    """Starts a command with pipes around it and kills it afterwards. What one reads, the next that reads does not miss."""

    @contextmanager
    def start(*command: Word, **options: object) -> Iterator[subprocess.Popen[bytes]]:
        signal.alarm(SECONDS)
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE) | options
        with subprocess.Popen(command, bufsize=0, **pipes) as process:
            try:
                yield process
            finally:
                process.kill()

    return start


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """The state directory of ``container``."""
    return tmp_path / "state"


@pytest.fixture
def container(launch: Path, start: Start, state: Path) -> Container:
    """Starts the launcher with a state directory, in the folder that holds it."""

    def container(*options: Word, program: str = STAY, prefix: tuple[Word, ...] = (), **more: object) -> Started:
        command = (*prefix, launch, "--state", state, *options, "--", "sh", "-c", program)
        return start(*command, cwd=state.parent, **more)

    return container


@pytest.fixture
def until() -> Callable[[Callable[[], bool]], None]:
    """Waits for a state of the kernel that nothing announces."""

    def until(condition: Callable[[], bool]) -> None:
        while not condition():
            time.sleep(0.005)

    return until


@pytest.fixture
def children() -> Callable[[int], list[int]]:
    return processes.children


@pytest.fixture
def prepared() -> Callable[..., list[Word]]:
    """A command that runs Python code in its own process and then becomes the command behind it."""

    def prepared(code: str, *command: Word) -> list[Word]:
        whole = f"import fcntl, os, resource, signal, sys, termios\n{code}\nos.execv(sys.argv[1], sys.argv[1:])"
        return [sys.executable, "-I", "-S", "-c", whole, *command]

    return prepared


@pytest.fixture(scope="session")
def namespaces() -> tuple[str, ...]:
    """A prefix that runs a command as root and PID 1 of its own namespaces."""
    probe = subprocess.run([*NAMESPACES, "true"], capture_output=True, check=False)
    if probe.returncode:
        unavailable(f"no user namespaces here: {probe.stderr.decode().strip()}")
    return NAMESPACES


@pytest.fixture
def with_message(namespaces: tuple[str, ...], run: Run, tmp_path: Path) -> Callable[..., tuple[int, str]]:
    """Runs a command in a /dev that holds a termination message file, as the kubelet makes it; returns code and message."""
    inside = """
        mount -t tmpfs none /dev && : > /dev/null && head -c 2000 /proc/self/environ > /dev/termination-log
        "$@"; code=$?
        cat /dev/termination-log > "$0"; exit $code
    """

    def with_message(*command: Word) -> tuple[int, str]:
        ran = run(*namespaces, "sh", "-c", inside, tmp_path / "message", *command, env=os.environ | {"OLD": "x" * 2000})
        return ran.returncode, (tmp_path / "message").read_text()

    return with_message


@pytest.fixture(scope="session")
def as_root() -> None:
    if os.geteuid() != 0:
        unavailable("needs real root: a user namespace made without it has one user only")


def unavailable(reason: str) -> None:
    """Leaves a test out on a developer's machine; in CI everything has to run."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture
def launcher(tmp_path: Path) -> Launcher:
    """The launcher's side of a state directory that is not there yet."""
    return Launcher(tmp_path / "main")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    with processes.all_ended():
        yield


@pytest.fixture(autouse=True)
def hang_is_failure(request: pytest.FixtureRequest, nothing_is_left: None) -> Iterator[None]:
    """Each process that a test starts has its own time; a property may have any number of examples."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"nothing happened for {SECONDS} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.alarm(0 if is_hypothesis_test(request.function) else SECONDS)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    made = tmp_path / "volume"
    made.mkdir()
    return made


@pytest.fixture
def in_image(namespaces: tuple[str, ...], launch: Path, tmp_path: Path) -> Image:
    """A command before `launch`: in an image whose /usr/sbin has these programs, after a script of its own."""
    show = tmp_path / "show"
    show.write_text(SHOW)
    show.chmod(0o755)

    def in_image(*programs: str, script: str = ":") -> tuple[str, ...]:
        empty = "; ".join(
            f"mount -t tmpfs -o mode=0755 none {path}" for path in ("/usr/sbin", "/run", "/var/spool", "/etc/profile.d")
        )
        made = "; ".join(f"cp {show} /usr/sbin/{name}" for name in programs or ("no",))
        return (*namespaces, "sh", "-c", f'{empty}; {made}; {script}; exec "$@"', "sh", str(launch))

    return in_image
