"""The launcher with hooks below the real dumb-init: it stays, and owns stopping, whoever signals whole groups around it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.inpod.container import Start, Until, hook, note, put, text, words
from webhook.inpod import contract

Children = Callable[[int], list[int]]
Pod = Callable[..., AbstractContextManager[subprocess.Popen[bytes]]]

RECORD_SIGNALS = (sys.executable, "-I", "-S", Path(__file__).parent / "programs/record_signals.py")
STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT]
LEFT_TO_DUMB_INIT = [signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCHLD]
OTHERS = [n for n in range(1, 32) if n not in [*STOPS, *LEFT_TO_DUMB_INIT, signal.SIGKILL, signal.SIGSTOP]]


@pytest.fixture
def pod(build: Path, start: Start, state: Path, namespaces: tuple[str, ...]) -> Pod:
    """Starts what a pod's argv is, as PID 1, for a toolkit that lies elsewhere."""

    def pod(*options: str, program: tuple[str | Path, ...]) -> AbstractContextManager[subprocess.Popen[bytes]]:
        *init, end = [word.replace(contract.TOOLKIT_ROOT, str(build / "toolkit")) for word in contract.DUMB_INIT_ARGV]
        return start(*namespaces, *init, "--state", state, *options, end, *program, cwd=state.parent)

    return pod


def next_line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    return process.stdout.readline().decode().rstrip("\n")


def test_the_stop_signal_comes_once_and_after_drain_and_postoffline(
    pod: Pod, state: Path, until: Until, children: Children
) -> None:
    """dumb-init signals the group of its child, in which neither the program nor a hook is."""
    hooks = (*hook("postoffline", "trap 'echo signalled' TERM; sleep 0.3; echo done"), *hook("poststop", "echo done"))
    with pod(*hooks, "--drain", "1", program=RECORD_SIGNALS) as process:
        assert next_line(process) == "ready"
        put(state / "request", "1 preonline\n")
        until((state / "online").exists)
        (init,) = children(process.pid)
        began = time.monotonic()
        os.kill(init, signal.SIGTERM)
        assert next_line(process) == "[postoffline] done"
        assert time.monotonic() - began > 1
        assert not (state / "online").exists()
        assert process.communicate() == (b"15\n[poststop] done\n", b"")
        assert process.returncode == 0
    assert text(state / "ended") == "1 0 0\n"


def test_other_signals_pass_exactly_once(pod: Pod, children: Children) -> None:
    with pod(program=RECORD_SIGNALS) as process:
        assert next_line(process) == "ready"
        (init,) = children(process.pid)
        for number in OTHERS:
            os.kill(init, number)
            assert next_line(process) == str(number)
        os.kill(init, signal.SIGTERM)
        assert process.communicate() == (b"15\n", b"")


@pytest.mark.parametrize(("end", "code"), [("exit 42", 42), ("kill -TERM $$", 143), ("kill -KILL $$", 137)])
def test_the_code_passes_through_both(pod: Pod, tmp_path: Path, end: str, code: int) -> None:
    with pod(*note("prestart"), *note("poststop"), program=("sh", "-c", end)) as process:
        assert process.communicate() == (b"", b"")
        assert process.returncode == code
    assert words(tmp_path / "log") == ["prestart", "poststop"]


def test_without_hooks_the_launcher_makes_way(build: Path, start: Start) -> None:
    """As ever: nothing stands between dumb-init and the program."""
    with start(build / "toolkit/bin/launch", "exec", "--", "sh", "-c", "echo $$; read line") as process:
        assert next_line(process) == str(process.pid)
        process.communicate(b"\n")
