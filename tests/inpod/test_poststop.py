"""After the program: poststop learns how it ended; where it could not run, the next start makes up for it."""

import signal
import time
from pathlib import Path

import pytest

from tests.inpod.container import Container, Until, hook, note, text, words

TELL = hook("poststop", 'echo "$RICHPOD_REASON ${RICHPOD_EXIT_CODE-unset} ${RICHPOD_SIGNAL-unset} $RICHPOD_GENERATION" >> log')
WAIT = "touch up; while :; do sleep 0.05; done"


@pytest.mark.parametrize(
    ("program", "code", "told"),
    [
        ("exit 0", 0, "clean 0 0"),
        ("exit 42", 42, "clean 42 0"),
        ("exec /no/such", 127, "clean 127 0"),
        ("kill -KILL $$", 137, "signal 137 9"),
        ("kill -TERM $$", 143, "signal 143 15"),
        ("ulimit -c 0; kill -SEGV $$", 139, "signal 139 11"),
    ],
)
def test_the_end_of_a_program_nobody_stopped_is_told(
    container: Container, state: Path, tmp_path: Path, program: str, code: int, told: str
) -> None:
    with container(*TELL, program=program) as process:
        assert process.wait() == code
    assert text(tmp_path / "log") == f"{told} 1\n"
    _, *end = told.split()
    assert text(state / "ended") == f"1 {' '.join(end)}\n"
    assert text(state / "running") == ""


@pytest.mark.parametrize(
    ("program", "code", "told"),
    [
        (WAIT, 143, "clean 143 15"),
        (f"trap 'exit 3' TERM; {WAIT}", 3, "clean 3 0"),
        (f"trap '' TERM; {WAIT}", 137, "signal 137 9"),
        (f"trap 'ulimit -c 0; kill -SEGV $$' TERM; {WAIT}", 139, "signal 139 11"),
    ],
)
def test_dying_of_the_signal_that_asked_for_it_is_clean(
    container: Container, tmp_path: Path, until: Until, program: str, code: int, told: str
) -> None:
    with container(*TELL, "--stop", "1", program=program) as process:
        until((tmp_path / "up").exists)
        process.terminate()
        assert process.wait() == code
    assert text(tmp_path / "log") == f"{told} 1\n"


def test_a_first_stop_signal_lets_poststop_end(container: Container, tmp_path: Path, until: Until) -> None:
    """The program ended by itself, so this one asks for what is under way."""
    with container(
        *hook("poststop", "touch begun; until [ -e go ]; do sleep 0.05; done; echo done >> log"), program="exit 5"
    ) as process:
        until((tmp_path / "begun").exists)
        process.terminate()
        time.sleep(0.3)
        (tmp_path / "go").touch()
        assert process.wait() == 5
    assert words(tmp_path / "log") == ["done"]


# --- an unclean end --------------------------------------------------------------------------------------------------------


def crash(container: Container, tmp_path: Path, until: Until) -> None:
    """Everything of the container is gone at once, as when the kernel is out of memory."""
    (tmp_path / "up").unlink(missing_ok=True)
    with container(program=WAIT) as process:
        until((tmp_path / "up").exists)
        process.kill()


def test_an_unclean_end_is_found_at_the_next_start(container: Container, tmp_path: Path, until: Until) -> None:
    crash(container, tmp_path, until)
    with container(*TELL, *note("prestart"), program="echo program >> log") as process:
        assert process.wait() == 0
    assert text(tmp_path / "log") == "unclean unset unset 2\nprestart\nprogram\nclean 0 0 2\n"


def test_it_is_found_once(container: Container, tmp_path: Path, until: Until) -> None:
    crash(container, tmp_path, until)
    for _ in range(2):
        with container(*TELL, *hook("prestart", "exit 1")) as process:
            assert process.wait() == 1
    assert text(tmp_path / "log") == "unclean unset unset 2\n"


def test_making_up_for_it_may_fail_or_hang(container: Container, tmp_path: Path, until: Until) -> None:
    crash(container, tmp_path, until)
    failing = hook("poststop", '[ "$RICHPOD_REASON" = clean ] || { echo bad >> log; exit 3; }')
    hanging = hook("poststop", '[ "$RICHPOD_REASON" = clean ] || { echo slow >> log; sleep 100; }', seconds=1)
    with container(*failing, *hanging, program="echo program >> log") as process:
        assert process.wait() == 0
    assert words(tmp_path / "log") == ["bad", "slow", "program"]


def test_a_stop_signal_meanwhile_ends_the_container_and_leaves_it_to_the_next(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    crash(container, tmp_path, until)
    with container(*hook("poststop", "touch begun; sleep 100"), *note("prestart")) as process:
        until((tmp_path / "begun").exists)
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 143
    assert words(tmp_path / "log") == []
    assert text(state / "running") == "1\n"
