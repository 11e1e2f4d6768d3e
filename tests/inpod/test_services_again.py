"""Services are started again when they end, as the policy says, ever later, and never twice at once."""

from pathlib import Path

import pytest

from tests.inpod.container import SANITIZED, Container, Until, service, text, words
from tests.inpod.services import ON, TILL_TOLD, told


@pytest.mark.parametrize(
    ("restart", "end", "told_then"),
    [
        ("always", "exit 0", "1 2 0"),
        ("always", "exit 3", "1 2 3"),
        ("on-failure", "exit 3", "1 2 3"),
        ("on-failure", "kill -KILL $$", "1 2 137"),
        ("on-failure", "exit 0", "1 1 0"),
        ("never", "exit 3", "1 1 3"),
        ("never", "exit 0", "1 1 0"),
        ("always", "exit 127", "1 1 127"),
    ],
)
def test_it_is_started_again_as_it_says(
    container: Container, state: Path, until: Until, restart: str, end: str, told_then: str
) -> None:
    """A program that the image does not have does not come, either. The second start comes after a second; none comes later."""
    err = told(container, state, until, "a", told_then, *service("a", end, restart))
    _, starts, code = told_then.split()
    if code == "0" and starts == "1":
        assert err == ""
    else:
        again = "" if starts == "2" else "not "
        assert err == f"richpod: service a: ended with exit code {code}: it is {again}started again\n", "once"


def test_its_file_tells_that_it_runs(container: Container, state: Path, until: Until) -> None:
    assert told(container, state, until, "a", "1 1", *service("a", ON)) == ""
    assert text(state / "service-a") == "1 1 143\n", "of the stop"


@SANITIZED
def test_the_pause_doubles_and_begins_anew_after_a_long_run(container: Container, tmp_path: Path, until: Until) -> None:
    """All ten times as fast as in a container: 0.1 s at first, and 6 s are long, but 0.3 s are not."""
    stamp = "date +%s%N >> log"
    pauses = "[ $n != 5 ] || sleep 0.3; [ $n != 11 ] || sleep 6.2"
    script = f"{stamp}; n=$(wc -l < log); {pauses}; {stamp}; [ $n -lt 13 ] || exec sleep 1000; exit 1"
    with container(*service("a", script), program=TILL_TOLD):
        until(lambda: len(words(tmp_path / "log")) >= 14)
    times = [int(word) / 1e9 for word in words(tmp_path / "log")]
    pauses = [begun - ended for ended, begun in zip(times[1::2], times[2::2], strict=False)]
    for pause, least in zip(pauses[:5], (0.1, 0.2, 0.4, 0.8, 1.6), strict=True):
        assert pause >= least
    assert pauses[5] < 3.2


@SANITIZED
def test_after_a_long_run_the_same_trouble_is_told_anew(container: Container, tmp_path: Path, until: Until) -> None:
    """As before: 6 s are long."""
    script = "echo >> log; case $(wc -l < log) in 3) sleep 6.2;; 4) exec sleep 1000;; esac; exit 1"
    with container(*service("a", script), program=TILL_TOLD) as process:
        until(lambda: text(tmp_path / "log") == "\n" * 4)
        (tmp_path / "go").touch()
        err: bytes = process.communicate()[1]
    assert err.decode() == "richpod: service a: ended with exit code 1: it is started again\n" * 2


@SANITIZED
def test_however_often_it_is_started_its_keeper_has_no_more_open(container: Container, state: Path, until: Until) -> None:
    begun = 'touch log; n=$(($(wc -l < log) + 1)); until grep -q "^1 $n$" state/service-a; do sleep 0.05; done'
    count = f"{begun}; ls /proc/$PPID/fd | wc -l >> log; [ $n -lt 4 ] || exec sleep 1000"
    with container(*service("a", count), program=TILL_TOLD):
        until(lambda: len(words(state.parent / "log")) == 4)
    assert len(set(words(state.parent / "log"))) == 1


@SANITIZED
def test_what_it_left_behind_is_gone_before_it_is_started_again(container: Container, state: Path, until: Until) -> None:
    """It would hold its port."""
    leave = "if [ -e left ]; then kill -0 $(cat left) && exit 9; touch clean; exec sleep 1000; fi; sleep 1000 & echo $! > left"
    with container(*service("a", leave), program=TILL_TOLD):
        until((state.parent / "clean").exists)
