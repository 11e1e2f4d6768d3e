"""Before the program: prestart hooks in order, as the container's user would run them; one that fails is the container's end."""

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import Container, Run, Until, hook, note, text, words


def test_hooks_run_in_order_and_then_the_program(container: Container, tmp_path: Path) -> None:
    first, second = (hook("prestart", f"echo {name} >> log; ls state >> log") for name in ("first", "second"))
    with container(*first, *second, program="echo program >> log; ls state >> log") as process:
        assert process.wait() == 0
    assert words(tmp_path / "log") == ["first", "generation", "second", "generation", "program", "generation", "running"]


def test_a_hook_has_the_containers_folder_and_environment_and_no_input(container: Container, tmp_path: Path) -> None:
    script = 'pwd; echo "$GIVEN $RICHPOD_HOOK $RICHPOD_GENERATION"; cat; ps -o pgid= -p $$ | grep -qw $$ && echo leads'
    with container(*hook("prestart", script), program="cat", env=os.environ | {"GIVEN": "x y"}) as process:
        out, err = process.communicate(b"for the program")
    assert out.decode() == f"[prestart] {tmp_path}\n[prestart] x y prestart 1\n[prestart] leads\nfor the program"
    assert err == b""


def test_arguments_of_hooks_arrive_byte_for_byte(run: Run, launch: Path, state: Path) -> None:
    special = [b"", b" ", b"--", b"--hook", b"prestart:90:1", b"$(VAR)", b"a\nb", b"\xff\xfe", b"x" * 100_000, b"%s%n", b""]
    show = [b"sh", b"-c", b'cat "/proc/$$/cmdline" > "$0"', os.fsencode(state.parent / "seen")]
    command = [*show, *special]
    hooks = ("--hook", f"prestart:90:{len(command)}", *command, *hook("prestart", "true"))
    assert run(launch, *hooks, "--state", state, "--", "sh", "-c", "exit 7").returncode == 7
    assert (state.parent / "seen").read_bytes() == b"".join(word + b"\0" for word in command)


def test_hooks_and_program_inherit_nothing_of_the_launchers(run: Run, launch: Path, state: Path) -> None:
    """Neither descriptors, of which 3 is how `ls` itself looks, nor blocked signals."""
    descriptors, signals = ("ls", "/proc/self/fd"), ("grep", "-E", "Sig(Blk|Ign)", "/proc/self/status")
    hooks = ("--hook", "prestart:90:2", *descriptors, "--hook", "prestart:90:4", *signals)
    nothing = f"SigBlk:\t{'0' * 16}", f"SigIgn:\t{'0' * 16}"
    of_hooks = [f"[prestart] {line}" for line in ("0", "1", "2", "3", *nothing)]
    assert run(launch, "--state", state, *hooks, "--", *descriptors).stdout.decode().split("\n")[:-1] == [*of_hooks, *"0123"]
    assert run(launch, "--state", state, "--", *signals).stdout.decode().split("\n")[:-1] == [*nothing]


def test_the_programs_environment_stays_byte_for_byte(run: Run, launch: Path, state: Path) -> None:
    environment = {b"a.b": b"1", b"RAW": b"\xff\xfe", b"EMPTY": b"", b"LINES_": b"a\nb"}
    command = (launch, "--state", state, "--hook", "prestart:90:1", "/bin/true", "--", "/bin/cat", "/proc/self/environ")
    block = b"".join(name + b"=" + value + b"\0" for name, value in environment.items())
    assert run(*command, env=environment).stdout == block


LEAVES = "import os, time; os.setpgid(0, os.getpgid(os.getppid())); open('left', 'w'); time.sleep(1000)"


def test_a_hook_that_has_left_its_group_has_no_more_time_than_others(container: Container, tmp_path: Path) -> None:
    with container("--hook", "prestart:2:3", sys.executable, "-c", LEAVES) as process:
        assert process.wait() == 124
    assert (tmp_path / "left").exists()


# --- a hook that fails -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "code"), [("exit 3", 3), ("exit 255", 255), ("kill -KILL $$", 137), ("exec /no/such", 127)])
def test_the_container_ends_with_the_code_of_a_hook_that_fails(container: Container, tmp_path: Path, end: str, code: int) -> None:
    """Trap 28."""
    with container(*hook("prestart", end), *note("prestart"), *note("poststop")) as process:
        _, err = process.communicate()
    assert process.returncode == code
    assert err.decode().endswith(
        f'richpod: the prestart hook "sh" ended with exit code {code}{"; its last lines:" if code == 127 else ""}\n'
    )
    assert words(tmp_path / "log") == []
    assert text(tmp_path / "state/running") == ""


def test_the_message_names_the_hook_and_its_last_lines(
    launch: Path, state: Path, with_message: Callable[..., tuple[int, str]]
) -> None:
    script = "seq 2000; printf 'bad \\033[31m license\\nnumber 42'; exit 9"
    code, message = with_message(launch, "--state", state, *hook("prestart", script), "--", "true")
    first, *lines = message.split("\n")
    assert (code, first) == (9, 'richpod: the prestart hook "sh" ended with exit code 9; its last lines:')
    assert lines[-4:] == ["2000", "bad ?[31m license", "number 42", ""]
    assert len(message) <= 4096
    assert "1999" in lines


def test_a_hook_that_does_not_start_leaves_a_message_only_where_it_is_the_end(
    launch: Path, state: Path, with_message: Callable[..., tuple[int, str]]
) -> None:
    code, message = with_message(launch, "--state", state, "--hook", "poststop:90:1", "/no/such", "--", "true")
    assert (code, "richpod" in message) == (0, False)
    code, message = with_message(launch, "--state", state, "--hook", "prestart:90:1", "/no/such", "--", "true")
    assert (code, message.count("/no/such")) == (127, 2)


@pytest.mark.parametrize("name", ["/no/such", "no-such-program", "./no/such"])
def test_an_optional_hook_that_is_not_there_is_skipped(run: Run, launch: Path, state: Path, name: str) -> None:
    ran = run(launch, "--state", state, "--hook", "prestart:90:2:optional", name, "x", "--", "echo", "here")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"here\n", b"")
    ran = run(launch, "--state", state, "--hook", "prestart:90:2:optional", "echo", "there", "--", "echo", "here")
    assert ran.stdout == b"[prestart] there\nhere\n"


# --- a hook that hangs -----------------------------------------------------------------------------------------------------

STUBBORN = "trap '' TERM; read self _ < /proc/self/stat; echo $self > hook; while :; do sleep 0.05; done"


def is_gone(process: int) -> bool:
    stat = text(Path(f"/proc/{process}/stat"))
    return stat == "" or stat.rpartition(")")[2].split()[0] in "ZX"


def test_a_hook_that_hangs_is_asked_and_then_killed_with_its_group(container: Container, tmp_path: Path, until: Until) -> None:
    with container(*hook("prestart", f"({STUBBORN}) & sleep 1000", seconds=2)) as process:
        _, err = process.communicate()
    assert process.returncode == 124
    assert b'richpod: the prestart hook "sh" did not end within 2 s\n' in err
    assert b"ended with exit code 124 (its time was up)\n" in err
    until(lambda: is_gone(int(text(tmp_path / "hook"))))


def test_a_stop_signal_ends_the_hook_and_the_container(container: Container, tmp_path: Path, until: Until) -> None:
    with container(
        *hook("prestart", "trap 'echo TERM >> log; exit 0' TERM; echo $$ > hook; while :; do sleep 0.05; done")
    ) as process:
        until(lambda: text(tmp_path / "hook") != "")
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
    assert words(tmp_path / "log") == ["TERM"]


COUNTS = """
import os, signal, time
taken, wakeup = os.pipe2(os.O_NONBLOCK)
signal.signal(signal.SIGTERM, lambda *_: None)
signal.set_wakeup_fd(wakeup)
def signals():
    try:
        return os.read(taken, 9)
    except BlockingIOError:
        return b""
open("hook", "w").write("counts")
while not (first := signals()):
    pass
time.sleep(0.05)
open("log", "a").write(f"{len(first + signals())} ")
"""
"""Never sleeps before the first signal, so that a second one at once is not merged with it."""


@pytest.mark.parametrize("_", range(4))
def test_a_hook_is_asked_to_end_only_once(container: Container, tmp_path: Path, until: Until, _: int) -> None:
    """Of one that cleans up when it is asked, the second request would do it again."""
    with container("--hook", "prestart:90:3", sys.executable, "-c", COUNTS) as process:
        until(lambda: text(tmp_path / "hook") != "")
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 143
    assert words(tmp_path / "log") == ["1"]


def test_a_hook_that_ignores_it_is_killed_two_seconds_later(container: Container, tmp_path: Path, until: Until) -> None:
    with container(*hook("prestart", STUBBORN)) as process:
        until(lambda: text(tmp_path / "hook") != "")
        began = time.monotonic()
        process.terminate()
        assert process.wait() == 143
        assert time.monotonic() - began > 1.9
    assert is_gone(int(text(tmp_path / "hook")))


def test_another_signal_waits_for_the_program(container: Container, tmp_path: Path, until: Until) -> None:
    with container(*hook("prestart", "touch here; until [ -e go ]; do sleep 0.05; done"), program="sleep 100") as process:
        until((tmp_path / "here").exists)
        process.send_signal(signal.SIGHUP)
        (tmp_path / "go").touch()
        assert process.wait() == 129


# --- what a hook leaves behind ---------------------------------------------------------------------------------------------


def test_a_process_that_holds_the_hooks_output_holds_nobody_up(container: Container, tmp_path: Path, until: Until) -> None:
    left = "(echo $BASHPID; while sleep 0.05; do echo again; done) & echo $! > left"
    with container(*hook("prestart", left), program="echo program; read line; exit 4") as process:
        assert process.stdout
        lines = iter(process.stdout.readline, b"")
        assert b"program\n" in lines
        assert b"[prestart] again\n" in lines, "it still prints, and nothing killed it"
        process.communicate(b"\n")
        assert process.returncode == 4
    os.kill(int(text(tmp_path / "left")), signal.SIGKILL)
