"""The launcher around a running program: every signal passes once, every orphan is reaped, its end is the program's."""

import fcntl
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.inpod.container import TOOLKIT, Run, Start

Until = Callable[[Callable[[], bool]], None]
Children = Callable[[int], list[int]]
Prepared = Callable[..., list[str]]

PROGRAMS = Path(__file__).parent / "programs"
RECORD_SIGNALS = (sys.executable, "-I", "-S", PROGRAMS / "record_signals.py")
LEAVE_ORPHANS = (sys.executable, "-I", "-S", PROGRAMS / "leave_orphans.py")

LAST = signal.SIGTERM
EVERY_SIGNAL = [*sorted(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD, LAST}), LAST]


def line(process: subprocess.Popen[bytes]) -> str:
    assert process.stdout
    return process.stdout.readline().decode().rstrip("\n")


def state(process: int) -> str:
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]


def times_asleep(process: int) -> int:
    return int(Path(f"/proc/{process}/status").read_text().split("\nvoluntary_ctxt_switches:")[1].split()[0])


# --- the end ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "code"), [("KILL", 137), ("SEGV", 139), ("TERM", 143), ("RTMIN", 162)])
def test_death_by_signal_is_128_plus_its_number(launch: Path, run: Run, name: str, code: int) -> None:
    assert run(launch, "--", "bash", "-c", f"ulimit -c 0; kill -{name} $$").returncode == code


def test_a_program_that_ends_at_once_is_noticed(launch: Path, run: Run) -> None:
    assert {run(launch, "--", "sh", "-c", "exit 9").returncode for _ in range(30)} == {9}


def test_exit_code_survives_an_inherited_ignored_sigchld(launch: Path, run: Run, prepared: Prepared) -> None:
    ignored = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)"
    assert run(*prepared(ignored, launch, "--", "sh", "-c", "exit 7")).returncode == 7


def test_the_main_programs_end_is_the_end(launch: Path, start: Start) -> None:
    with start(launch, "--", "sh", "-c", "sleep 1000 & echo $!; exit 5") as process:
        background = int(line(process))
        try:
            assert process.wait() == 5
        finally:
            os.kill(background, signal.SIGKILL)


# --- signals ---------------------------------------------------------------------------------------------------------------


def test_every_signal_reaches_the_program_exactly_once(launch: Path, start: Start) -> None:
    with start(launch, "--", *RECORD_SIGNALS) as process:
        assert line(process) == "ready"
        process.send_signal(signal.SIGCHLD)
        for number in EVERY_SIGNAL:
            process.send_signal(number)
            assert line(process) == str(int(number))
        assert process.communicate() == (b"", b"")
        assert process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM, signal.SIGUSR1, signal.SIGRTMAX])
def test_a_signal_before_the_program_runs_is_not_lost(launch: Path, run: Run, prepared: Prepared, number: int) -> None:
    """Raised before launch's first instruction, it is still there when the program is."""
    early = f"signal.pthread_sigmask(signal.SIG_BLOCK, [{number:d}]); os.kill(os.getpid(), {number:d})"
    assert run(*prepared(early, launch, "--", "sleep", "1000")).returncode == 128 + number


def test_a_stopped_program_is_waited_for_and_goes_on(launch: Path, start: Start, until: Until) -> None:
    with start(launch, "--", "sh", "-c", "echo $$; read line; exit 7") as process:
        program = int(line(process))
        for stop in (signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU):
            process.send_signal(stop)
            until(lambda: state(program) == "T")
            assert process.poll() is None
            process.send_signal(signal.SIGCONT)
            until(lambda: state(program) == "S")
        process.communicate(b"\n")
        assert process.returncode == 7


def test_kill_0_of_the_program_does_not_come_back_to_it(launch: Path, run: Run) -> None:
    """A group shared with launch would bring the signal once from the kernel and once more from launch."""
    program = """
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
os.kill(0, signal.SIGTERM)
signal.sigwaitinfo([signal.SIGTERM])
print(signal.sigtimedwait([signal.SIGTERM], 0.1))
"""
    assert run(launch, "--", sys.executable, "-I", "-S", "-c", program, start_new_session=True).stdout == b"None\n"


@pytest.fixture
def powerless(launch: Path, as_root: None) -> tuple[str | Path, ...]:
    """Capabilities `drop: [ALL], add: [SETUID, SETGID]` are common: root may then not signal a program that changed its user."""
    without_kill = ("setpriv", "--bounding-set=-kill", "--inh-caps=-all", launch, "--")
    return (*without_kill, "setpriv", "--reuid=65532", "--clear-groups", "sh", "-c", "echo ready; read line; exit 5")


def test_a_signal_that_cannot_be_passed_on_is_reported(powerless: tuple[str | Path, ...], start: Start) -> None:
    with start(*powerless) as process:
        assert line(process) == "ready"
        process.terminate()
        assert process.stderr
        assert process.stderr.readline().startswith(b"richpod: signal 15 does not reach the program: Operation not permitted")
        process.communicate(b"\n")
        assert process.returncode == 5


def test_reporting_into_a_closed_stderr_does_not_spin(powerless: tuple[str | Path, ...], start: Start, until: Until) -> None:
    """The report raises SIGPIPE in launch itself; passing that on would fail and be reported, and so on."""
    with start(*powerless) as process:
        assert line(process) == "ready"
        assert process.stderr
        process.stderr.close()
        until(lambda: state(process.pid) == "S")
        before = times_asleep(process.pid)
        process.terminate()
        until(lambda: times_asleep(process.pid) > before)
        assert process.stdin
        process.stdin.close()
        assert process.wait() == 5


# --- a terminal ------------------------------------------------------------------------------------------------------------

TAKE_TERMINAL = "os.setsid(); fcntl.ioctl(0, termios.TIOCSCTTY, 0)"


@pytest.fixture
def terminal() -> Iterator[tuple[int, int]]:
    master, slave = pty.openpty()
    yield master, slave
    os.close(master)
    os.close(slave)


def test_on_a_terminal_the_program_is_in_the_foreground(
    launch: Path, start: Start, prepared: Prepared, children: Children, terminal: tuple[int, int]
) -> None:
    """`tty: true`: what the terminal raises comes from the kernel, and not once more from launch."""
    master, slave = terminal
    with start(*prepared(TAKE_TERMINAL, launch, "--", *RECORD_SIGNALS), stdin=slave) as process:
        assert line(process) == "ready"
        assert [os.tcgetpgrp(master)] == children(process.pid)
        for key, number in ((b"\x03", signal.SIGINT), (b"\x1c", signal.SIGQUIT), (b"\x1a", signal.SIGTSTP)):
            os.write(master, key)
            assert line(process) == str(int(number))
        fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("4H", 50, 132, 0, 0))
        assert line(process) == str(int(signal.SIGWINCH))
        process.terminate()
        assert process.communicate() == (b"15\n", b"")


def test_in_the_background_of_a_terminal_the_program_stays_there(
    launch: Path, run: Run, prepared: Prepared, terminal: tuple[int, int]
) -> None:
    background = f"""
{TAKE_TERMINAL}
child = os.fork()
if child:
    os._exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
os.setpgid(0, 0)
"""
    behind = "import os, sys; sys.exit(os.tcgetpgrp(0) == os.getpgrp())"
    ran = run(*prepared(background, launch, "--", sys.executable, "-c", behind), stdin=terminal[1])
    assert (ran.returncode, ran.stderr) == (0, b"")


# --- orphans ---------------------------------------------------------------------------------------------------------------


@TOOLKIT
def test_ten_thousand_orphans_are_reaped(launch: Path, start: Start, until: Until, children: Children) -> None:
    """They arrive all at once, as zombies; launch is not PID 1 here, as with shareProcessNamespace (trap 21)."""
    with start(launch, "--", *LEAVE_ORPHANS, "10000") as process:
        assert line(process) == "orphaned"
        until(lambda: len(children(process.pid)) == 1)
        assert process.communicate() == (b"", b"")
        assert process.returncode == 0


def test_a_living_orphan_comes_to_launch_and_its_code_is_nobodys(
    launch: Path, start: Start, until: Until, children: Children
) -> None:
    with start(launch, "--", "sh", "-c", "(sh -c 'kill -STOP $$; exit 3' & echo $!); read line; exit 0") as process:
        orphan = int(line(process))
        until(lambda: orphan in children(process.pid) and state(orphan) == "T")
        os.kill(orphan, signal.SIGCONT)
        until(lambda: len(children(process.pid)) == 1)
        process.communicate(b"\n")
        assert process.returncode == 0


# --- PID 1 -----------------------------------------------------------------------------------------------------------------


def test_pid_1_passes_on_every_signal(launch: Path, start: Start, children: Children, namespaces: tuple[str, ...]) -> None:
    """From outside, as a container runtime sends them; the kernel drops most of them for an init that does not wait for them."""
    with start(*namespaces, launch, "--", *RECORD_SIGNALS) as process:
        assert line(process) == "ready"
        (init,) = children(process.pid)
        for number in EVERY_SIGNAL:
            os.kill(init, number)
            assert line(process) == str(int(number))
        assert process.communicate() == (b"", b"")
        assert process.returncode == 0


def test_pid_1_reaps_and_its_end_takes_all_along(
    launch: Path, start: Start, until: Until, children: Children, namespaces: tuple[str, ...]
) -> None:
    program = "sleep 1000 & (sleep 1000 & echo $$ $PPID); (true &); read line; exit 6"
    with start(*namespaces, launch, "--", "sh", "-c", program) as process:
        assert line(process) == "2 1"
        (init,) = children(process.pid)
        until(lambda: len(children(init)) == 2)
        process.communicate(b"\n")
        assert process.returncode == 6


def test_a_program_killed_under_pid_1_is_137(launch: Path, run: Run, namespaces: tuple[str, ...]) -> None:
    assert run(*namespaces, launch, "--", "sh", "-c", "kill -KILL $$").returncode == 137
