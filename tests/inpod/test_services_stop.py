"""Services outlive the program and poststop, and do not hold the container's end up for long."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.inpod.container import SANITIZED, STAY, TOOLKIT, Container, Until, hook, keeper, note, service, text, words

CLEAN = service("a", "trap 'echo service >> log; exit 0' TERM; touch up; while :; do sleep 0.05; done")
STUBBORN = service(
    "a", "trap 'touch asked' TERM; (trap '' TERM; touch up; while :; do sleep 0.05; done) & while :; do wait; done"
)
"""Neither it nor what it started ends of TERM."""


@pytest.mark.parametrize("group", [False, True])
def test_it_is_told_last(container: Container, state: Path, tmp_path: Path, until: Until, group: bool) -> None:
    """Also below dumb-init, which signals the whole group of the launcher."""
    with container(*CLEAN, *hook("poststop", "sleep 0.3; echo poststop >> log"), start_new_session=True) as process:
        until(lambda: (tmp_path / "up").exists() and "program" in words(tmp_path / "log"))
        (os.killpg if group else os.kill)(process.pid, signal.SIGTERM)
        assert process.wait() == 3
    assert words(tmp_path / "log") == ["program", "TERM", "poststop", "service"]
    assert text(state / "service-a") == "1 1 0\n"
    assert not (state / "running").exists()


def test_it_ends_with_a_program_that_ends_by_itself(container: Container, tmp_path: Path) -> None:
    with container(*CLEAN, program="until [ -e up ]; do sleep 0.05; done; exit 6") as process:
        assert process.wait() == 6
    assert words(tmp_path / "log") == ["service"]


def test_what_does_not_end_is_killed_with_its_group_after_three_seconds(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    """The output, which what it started holds too, is closed then."""
    with container(*STUBBORN, *note("poststop")) as process:
        until(lambda: (tmp_path / "up").exists() and "program" in words(tmp_path / "log"))
        process.terminate()
        until((tmp_path / "asked").exists)
        began = time.monotonic()
        process.communicate()
        assert process.returncode == 3
    assert time.monotonic() - began > 2.5
    assert text(state / "service-a") == "1 1 137\n"
    assert words(tmp_path / "log") == ["program", "TERM", "poststop"]


def test_a_second_stop_signal_kills_it_at_once(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    with container(*STUBBORN) as process:
        until(lambda: (tmp_path / "up").exists() and "program" in words(tmp_path / "log"))
        process.terminate()
        until((tmp_path / "asked").exists)
        began = time.monotonic()
        process.terminate()
        assert process.wait() == 3
    assert time.monotonic() - began < 2.5
    assert text(state / "service-a") == "1 1 137\n"


def test_it_is_asked_once(container: Container, tmp_path: Path) -> None:
    """It may clean up when it is asked, and would do so twice."""
    asked = "trap 'echo asked >> log' TERM; touch up; until [ -s log ]; do sleep 0.05; done; sleep 0.3; sleep 0.3"
    with container(*service("a", asked), program="until [ -e up ]; do sleep 0.05; done") as process:
        assert process.wait() == 0
    assert words(tmp_path / "log") == ["asked"]


@SANITIZED
def test_it_ends_in_a_long_pause_too(container: Container, state: Path, until: Until) -> None:
    """All ten times as fast: the seventh is of 6 s, and the launcher waits for less."""
    with container(*service("a", "exit 3"), program="until [ -e go ]; do sleep 0.05; done") as process:
        until(lambda: text(state / "service-a") == "1 7 3\n")
        kept_by = keeper(process.pid, until)
        (state.parent / "go").touch()
        assert process.wait() == 0
        assert not Path(f"/proc/{kept_by}").exists()


@TOOLKIT
def test_a_keeper_that_hangs_does_not_hold_the_end_up(container: Container, state: Path, until: Until) -> None:
    with container(*service("a", "exec sleep 1000"), program="until [ -e go ]; do sleep 0.05; done") as process:
        until(lambda: text(state / "service-a") == "1 1\n")
        os.kill(keeper(process.pid, until), signal.SIGSTOP)
        (state.parent / "go").touch()
        assert process.wait(30) == 0


def test_it_ends_while_it_waits_for_its_next_start(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    with container(*service("a", "exit 3")) as process:
        until(lambda: text(state / "service-a") != "" and "program" in words(tmp_path / "log"))
        process.terminate()
        assert process.wait() == 3


def test_where_the_launcher_is_killed_it_ends(container: Container, tmp_path: Path, until: Until) -> None:
    """An init above starts the launcher anew, and with it the service."""
    with container(*CLEAN, program="exec sleep 1000") as process:
        until((tmp_path / "up").exists)
        process.kill()
        until(lambda: words(tmp_path / "log") == ["service"])


def test_a_log_that_takes_nothing_does_not_hold_the_end_up(container: Container, tmp_path: Path, until: Until) -> None:
    with container(*service("a", "trap '' TERM; touch up; yes"), program=STAY) as process:
        until(lambda: (tmp_path / "up").exists() and "program" in words(tmp_path / "log"))
        process.terminate()
        assert process.wait() == 3
