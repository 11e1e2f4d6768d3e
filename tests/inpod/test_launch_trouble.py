"""What a real node does to the launcher: full and read-only volumes, logs nobody reads, signals before it is ready for them."""

import fcntl
import os
import signal
import struct
import subprocess
import termios
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.inpod.container import STAY, Container, Run, Until, hook, note, put, text, words

Started = AbstractContextManager[subprocess.Popen[bytes]]
Children = Callable[[int], list[int]]

FILL = "head -c 100000 /dev/zero > fill 2> /dev/null"
STALE = "echo 1 | tee generation > online"
READ_ONLY = "mount -o remount,ro ."


@pytest.fixture
def in_volume(namespaces: tuple[str, ...], launch: Path, start: Callable[..., Started], tmp_path: Path) -> Callable[..., Started]:
    """Starts a container, its launcher as PID 1, whose state directory is a volume of 64 KiB that a script prepared."""

    def in_volume(prepare: str, *options: str) -> Started:
        (tmp_path / "volume").mkdir()
        inside = f'mount -t tmpfs -o size=64k none volume && (cd volume; {prepare}); exec "$@"'
        command = (launch, "--state", tmp_path / "volume", *options, "--", "sh", "-c", STAY)
        return start(*namespaces, "sh", "-c", inside, "sh", *command, cwd=tmp_path)

    return in_volume


# --- the volume ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", [False, True])
def test_in_a_full_volume_a_program_starts_and_stops_and_comes_online_once_there_is_room(
    in_volume: Callable[..., Started], children: Children, tmp_path: Path, until: Until, room: bool
) -> None:
    hooks = (*note("prestart"), *note("postoffline"), *note("poststop"))
    with in_volume(FILL, *hooks) as process:
        until(lambda: "program" in words(tmp_path / "log"))
        (init,) = children(process.pid)
        volume = Path(f"/proc/{init}/root{tmp_path}/volume")
        assert [file.name for file in volume.iterdir()] == ["fill"]
        if room:
            (volume / "fill").unlink()
            until(lambda: text(volume / "generation") == text(volume / "running") == "1\n")
            put(volume / "request", "1 preonline\n")
            until(lambda: text(volume / "online") == "1\n")
        os.kill(init, signal.SIGTERM)
        _, err = process.communicate()
    assert process.returncode == 3
    assert words(tmp_path / "log") == ["prestart", "program", "postoffline", "TERM", "poststop"]
    assert err.decode().splitlines() == [
        f'richpod: cannot write "{name}": No space left on device'
        for name in ("generation", "running", *(() if room else ("ended",)))
    ], "each once, and not with each look"


def test_a_read_only_volume_keeps_no_program_from_running(
    in_volume: Callable[..., Started], children: Children, tmp_path: Path, until: Until
) -> None:
    with in_volume(READ_ONLY, *note("poststop")) as process:
        until(lambda: "program" in words(tmp_path / "log"))
        (init,) = children(process.pid)
        os.kill(init, signal.SIGTERM)
        _, err = process.communicate()
    assert (process.returncode, words(tmp_path / "log")) == (3, ["program", "TERM", "poststop"])
    names = ("generation", "running", "ended")
    assert err.decode().splitlines() == [f'richpod: cannot write "{name}": Read-only file system' for name in names]


def test_where_an_earlier_start_would_pass_for_this_one_it_does_not_start(
    in_volume: Callable[..., Started], tmp_path: Path
) -> None:
    with in_volume(f"{STALE}; {READ_ONLY}") as process:
        _, err = process.communicate()
    assert (process.returncode, words(tmp_path / "log")) == (71, [])
    assert b"richpod: what brought an earlier start online is still there: nobody could tell that this one is not\n" in err


def test_an_answer_that_cannot_be_written_is_written_as_soon_as_it_can(container: Container, state: Path, until: Until) -> None:
    with container(*note("preonline", 7)) as process:
        until(lambda: text(state / "running") != "")
        (state / ".result.new/full").mkdir(parents=True)
        put(state / "request", "1 preonline\n")
        assert process.stderr
        assert process.stderr.readline().startswith(b'richpod: the preonline hook "sh" ended with exit code 7')
        assert process.stderr.readline() == b'richpod: cannot write "result": File exists\n'
        assert not (state / "result").exists()
        (state / ".result.new/full").rmdir()
        until(lambda: words(state / "result")[:3] == ["1", "preonline", "7"])


@pytest.mark.parametrize("name", ["generation", "running"])
@pytest.mark.parametrize("forged", ["7\n", "nonsense", ""])
def test_what_others_make_of_its_own_files_does_not_stay(
    container: Container, state: Path, until: Until, name: str, forged: str
) -> None:
    """A sidecar that believed in another generation would ask in vain for ever."""
    with container():
        until(lambda: text(state / "running") != "")
        put(state / name, forged)
        until(lambda: text(state / name) == "1\n")


# --- the log ---------------------------------------------------------------------------------------------------------------


def is_full(pipe: int) -> bool:
    """Whether its writers wait: with yes, to the last byte."""
    there = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]
    return bool(there == fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ))


def test_an_error_output_that_takes_nothing_holds_nobody_up(container: Container, tmp_path: Path, until: Until) -> None:
    """What would be said there is not; the program, which prints, waits for it, and is told to stop all the same."""
    chatty = "trap 'exit 4' TERM; yes >&2 & touch up; while :; do sleep 0.05; done"
    with container(*note("postoffline", 3), *note("poststop"), program=chatty) as process:
        until((tmp_path / "up").exists)
        assert process.stderr
        errors = process.stderr.fileno()
        until(lambda: is_full(errors))
        process.terminate()
        assert process.wait() == 4
    assert words(tmp_path / "log") == ["postoffline", "poststop"]


IN_ITS_PLACE = {
    "bound": ("touch file; : > /dev/termination-log; mount --bind file /dev/termination-log", True),
    "fifo": ("mkfifo /dev/termination-log", False),
    "full fifo": ("mkfifo /dev/termination-log; exec 9<> /dev/termination-log; printf %65536s >&9", False),
    "link": ("touch file; ln -s $PWD/file /dev/termination-log", False),
    "link to a fifo": ("mkfifo file; ln -s $PWD/file /dev/termination-log", False),
    "folder": ("mkdir /dev/termination-log", False),
}


@pytest.mark.parametrize("there", IN_ITS_PLACE)
def test_only_a_file_gets_the_termination_message_and_nothing_in_its_place_holds_the_end_up(
    namespaces: tuple[str, ...], launch: Path, run: Run, tmp_path: Path, there: str
) -> None:
    """The kubelet mounts one; a program that may write in /dev has put the rest there."""
    prepare, written = IN_ITS_PLACE[there]
    inside = f'mount -t tmpfs none /dev; {prepare}; "$@"'
    ran = run(*namespaces, "sh", "-c", inside, "sh", launch, "--", "/no/such", cwd=tmp_path)
    assert (ran.returncode, ran.stderr) == (127, b'richpod: cannot start "/no/such": no such file\n')
    assert text(tmp_path / "file") == ('richpod: cannot start "/no/such": no such file' if written else "")


# --- a stop before anything ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [signal.SIGTERM, 37])
def test_a_stop_signal_that_is_there_before_the_launcher_is_not_lost(
    launch: Path, run: Run, state: Path, prepared: Callable[..., list[str]], number: int
) -> None:
    """Raised before its first instruction: with a prestart hook the program is not even started, else it is stopped in order."""
    early = f"signal.pthread_sigmask(signal.SIG_BLOCK, [{number}]); os.kill(os.getpid(), {number})"
    log = state.parent / "log"
    slow = ("--hook", "prestart:90:2", "sleep", "1000")
    begun = ("--", "sh", "-c", f"echo program >> {log}")
    assert run(*prepared(early, launch, "--state", state, *slow, *begun)).returncode == 128 + number
    assert words(log) == []
    poststop = hook("poststop", f"echo poststop >> {log}")
    ran = run(*prepared(early, launch, "--state", state, *poststop, "--", "sleep", "1000"))
    assert (ran.returncode, words(log)) == (128 + number, ["poststop"])
