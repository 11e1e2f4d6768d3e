"""The launcher alone owns stopping: no traffic, drain, postoffline, the same signal, KILL in time, poststop."""

import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.inpod.container import Container, Until, hook, note, put, text, words

STAMP = "echo $(date +%s%N)"
LONG = 60
"""Seconds in which anything happens that does not wait for what takes longer."""
SAY = f"{STAMP} postoffline >> log; [ -e state/online ] || [ -e file ] || {STAMP} no-file >> log"
STOPS = [signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, 37]


def bring_online(state: Path, until: Until) -> None:
    """Of a program that says when it is up."""
    until(lambda: text(state / "running") != "" and (state.parent / "up").exists())
    put(state / "request", text(state / "generation").strip() + " preonline\n")
    until((state / "online").exists)


def take_stop(process: subprocess.Popen[bytes], state: Path, until: Until) -> None:
    """Tells an online program's launcher to stop, and sees that it knows: it drains."""
    process.terminate()
    until(lambda: not (state / "online").exists())


def recorder(numbers: list[int]) -> str:
    """A program that notes these signals and ends with 4 at the last of them."""
    traps = "".join(f"trap 'echo {n} >> log' {n}; " for n in numbers[:-1])
    return f"{traps}trap 'echo {numbers[-1]} >> log; exit 4' {numbers[-1]}; touch up; while :; do sleep 0.05; done"


def test_everything_happens_in_order(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    hooks = [*hook("postoffline", SAY), *hook("poststop", f"{STAMP} poststop >> log; cat state/running state/ended > last")]
    program = f"trap '{STAMP} TERM >> log; exit 4' TERM; touch up; while :; do sleep 0.05; done"
    with container(*hooks, "--drain", "1", "--online-file", str(tmp_path / "file"), program=program) as process:
        bring_online(state, until)
        asked = time.time_ns()
        process.terminate()
        assert process.wait() == 4
    times, names = words(tmp_path / "log")[::2], words(tmp_path / "log")[1::2]
    assert names == ["postoffline", "no-file", "TERM", "poststop"]
    assert times == sorted(times)
    assert int(times[0]) - asked >= 1e9
    assert words(tmp_path / "last") == ["1", "stopping", "1", "4", "0"], "it runs up to here, and that it ended is told already"
    assert text(state / "running") == ""


def test_drain_lasts_as_long_as_it_was_asked_for(container: Container, tmp_path: Path, until: Until) -> None:
    """The program, which works on, hears nothing meanwhile."""
    program = f"trap '{STAMP} >> log; exit 4' TERM; touch up; while :; do sleep 0.05; done"
    with container("--drain", "2", program=program) as process:
        until((tmp_path / "up").exists)
        asked = time.time_ns()
        process.terminate()
        assert process.wait() == 4
    assert 2e9 <= int(text(tmp_path / "log")) - asked < LONG * 1e9


def test_a_program_that_ends_during_drain_cuts_it_short(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    program = "touch up; until [ -e go ]; do sleep 0.05; done; exit 6"
    with container("--drain", "1000", *note("postoffline"), *note("poststop"), program=program) as process:
        bring_online(state, until)
        take_stop(process, state, until)
        (tmp_path / "go").touch()
        assert process.wait() == 6
    assert words(tmp_path / "log") == ["postoffline", "poststop"]


@pytest.mark.parametrize("number", STOPS)
def test_the_program_gets_the_same_signal_once(container: Container, tmp_path: Path, until: Until, number: int) -> None:
    with container(*note("postoffline"), program=recorder([*(n for n in STOPS if n != number), number])) as process:
        until((tmp_path / "up").exists)
        process.send_signal(number)
        assert process.wait() == 4
    assert words(tmp_path / "log") == ["postoffline", str(int(number))]


def test_the_images_own_stop_signal_counts_where_it_is_named(container: Container, tmp_path: Path, until: Until) -> None:
    with container("--stop-signal", "10", *note("postoffline"), program=recorder([10])) as process:
        until((tmp_path / "up").exists)
        process.send_signal(10)
        assert process.wait() == 4
    assert words(tmp_path / "log") == ["postoffline", "10"]


def test_other_signals_pass_at_once_also_while_it_drains(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    with container("--drain", "1000", program=recorder([1, 10, 12, 28, 15])) as process:
        bring_online(state, until)
        for number in (1, 10):
            process.send_signal(number)
            until(lambda n=number: str(n) in words(tmp_path / "log"))
        take_stop(process, state, until)
        for number in (12, 28):
            process.send_signal(number)
            until(lambda n=number: str(n) in words(tmp_path / "log"))
        process.terminate()
        assert process.wait() == 4
    assert words(tmp_path / "log") == ["1", "10", "12", "28", "15"]


def test_a_program_that_does_not_end_in_time_is_killed_with_its_group(container: Container, tmp_path: Path, until: Until) -> None:
    """What is left of the group would hold the output open."""
    stubborn = "trap '' TERM; (touch up; sleep 1000) & while :; do sleep 0.05; done"
    with container("--stop", "1", *note("poststop"), program=stubborn) as process:
        until((tmp_path / "up").exists)
        began = time.monotonic()
        process.terminate()
        _, err = process.communicate()
        assert 1 <= time.monotonic() - began < LONG
    assert (process.returncode, words(tmp_path / "log")) == (137, ["poststop"])
    assert err == b"richpod: the program did not end within 1 s of signal 15: it is killed\n"


# --- hooks that fail or hang -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["postoffline", "poststop"])
def test_a_hook_that_fails_stops_nothing(container: Container, tmp_path: Path, until: Until, kind: str) -> None:
    with container(*note(kind, 3), *note(kind), *note("poststop"), program=recorder([15])) as process:
        until((tmp_path / "up").exists)
        process.terminate()
        _, err = process.communicate()
    assert process.returncode == 4
    assert err.decode() == f'richpod: the {kind} hook "sh" ended with exit code 3\n'
    order = [kind, kind, "15", "poststop"] if kind == "postoffline" else ["15", kind, kind, "poststop"]
    assert words(tmp_path / "log") == order


@pytest.mark.parametrize("kind", ["postoffline", "poststop"])
def test_a_hook_that_hangs_is_ended_in_time(container: Container, tmp_path: Path, until: Until, kind: str) -> None:
    with container(*hook(kind, "sleep 1000", seconds=1), *note("poststop"), program=recorder([15])) as process:
        until((tmp_path / "up").exists)
        began = time.monotonic()
        process.terminate()
        _, err = process.communicate()
        assert 1 <= time.monotonic() - began < LONG
    assert process.returncode == 4
    assert f'richpod: the {kind} hook "sh" did not end within 1 s\n' in err.decode()
    assert words(tmp_path / "log") == ["15", "poststop"]


# --- a second stop signal --------------------------------------------------------------------------------------------------


def test_a_second_stop_signal_ends_drain_and_skips_postoffline(
    container: Container, tmp_path: Path, state: Path, until: Until
) -> None:
    with container("--drain", "1000", *note("postoffline"), *note("poststop"), program=recorder([15])) as process:
        bring_online(state, until)
        take_stop(process, state, until)
        process.send_signal(signal.SIGINT)
        assert process.wait() == 4
    assert words(tmp_path / "log") == ["15", "poststop"]


@pytest.mark.parametrize("kind", ["postoffline", "poststop"])
def test_a_second_stop_signal_ends_the_hook_that_runs(container: Container, tmp_path: Path, until: Until, kind: str) -> None:
    """At once: also one that would take its time, which it has otherwise."""
    slow = hook(kind, "trap 'sleep 1; echo late >> log' TERM; touch begun; while :; do sleep 0.05; done")
    with container(*slow, *note(kind), program=recorder([15])) as process:
        until((tmp_path / "up").exists)
        process.terminate()
        until((tmp_path / "begun").exists)
        process.terminate()
        assert process.wait() == 4
    assert words(tmp_path / "log") == ["15"]


def test_once_the_program_was_told_further_signals_reach_it(container: Container, tmp_path: Path, until: Until) -> None:
    with container(*note("postoffline"), *note("poststop"), program=recorder([15, 2])) as process:
        until((tmp_path / "up").exists)
        process.terminate()
        until(lambda: "15" in words(tmp_path / "log"))
        process.send_signal(signal.SIGINT)
        assert process.wait() == 4
    assert words(tmp_path / "log") == ["postoffline", "15", "2", "poststop"]
