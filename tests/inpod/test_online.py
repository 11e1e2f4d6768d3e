"""Coming online: preonline on request, then the online file, which nobody but the launcher makes, for its own generation."""

from pathlib import Path

import pytest

from tests.inpod.container import Container, Until, ask, hook, note, put, text, words

RUNS = "echo program >> log; read line; exit 5"


def test_a_request_runs_the_hooks_and_then_the_file_is_there(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    twice = [*note("preonline"), *hook("preonline", "ls state | grep online >> log; env | grep RICHPOD_ >> log")]
    with container(*twice):
        until(lambda: words(tmp_path / "log") == ["program"])
        generation, verb, code, milliseconds = ask(state, until)
        assert (generation, verb, code, int(milliseconds) < 90_000) == ("1", "preonline", "0", True)
        assert text(state / "online") == "1\n"
    assert set(words(tmp_path / "log")) == {"program", "preonline", "RICHPOD_HOOK=preonline", "RICHPOD_GENERATION=1"}


def test_nobody_asks_and_it_stays_offline(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    with container(*note("preonline"), program="touch up; sleep 0.5"):
        until((tmp_path / "up").exists)
        assert not (state / "online").exists()
    assert words(tmp_path / "log") == []


def test_without_a_hook_a_request_is_answered_at_once(container: Container, state: Path, until: Until) -> None:
    with container():
        assert ask(state, until)[:3] == ["1", "preonline", "0"]
        assert text(state / "online") == "1\n"


def test_a_second_request_does_not_run_the_hooks_again(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    with container(*note("preonline")):
        ask(state, until)
        assert ask(state, until)[:3] == ["1", "preonline", "0"]
    assert words(tmp_path / "log").count("preonline") == 1


@pytest.mark.parametrize(("end", "code"), [("exit 3", "3"), ("kill -KILL $$", "137"), ("exec /no/such", "127")])
def test_where_a_hook_fails_it_stays_offline_and_the_next_is_not_run(
    container: Container, state: Path, tmp_path: Path, until: Until, end: str, code: str
) -> None:
    with container(*hook("preonline", end), *note("preonline")) as process:
        assert ask(state, until)[:3] == ["1", "preonline", code]
        assert not (state / "online").exists()
        assert process.poll() is None
    assert "preonline" not in words(tmp_path / "log")


def test_a_hook_that_hangs_is_124_and_it_may_be_asked_for_again(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    with container(*hook("preonline", "[ -e well ] || sleep 1000", seconds=2)):
        _, _, code, milliseconds = ask(state, until)
        assert (code, int(milliseconds) >= 2000) == ("124", True)
        (tmp_path / "well").touch()
        assert ask(state, until)[2] == "0"
        assert text(state / "online") == "1\n"


# --- guards ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("generation", [1, 3])
def test_a_request_of_another_generation_is_left_alone(
    container: Container, state: Path, tmp_path: Path, until: Until, generation: int
) -> None:
    state.mkdir(mode=0o777)
    put(state / "generation", "1\n")
    with container(*note("preonline", 7)):
        until(lambda: text(state / "running") == "2\n")
        put(state / "request", f"{generation} preonline\n")
        for _ in range(2):  # what is forged goes at each look, before requests
            put(state / "online", "9\n")
            until(lambda: not (state / "online").exists())
        assert text(state / "request") == f"{generation} preonline\n"
        assert ask(state, until, 2)[:3] == ["2", "preonline", "7"]
    assert words(tmp_path / "log").count("preonline") == 1


@pytest.mark.parametrize("forged", ["1\n", "7\n"])
def test_an_online_file_that_somebody_else_made_is_taken_away(
    container: Container, state: Path, until: Until, forged: str
) -> None:
    with container():
        until(lambda: text(state / "running") == "1\n")
        put(state / "online", forged)
        until(lambda: not (state / "online").exists())


def test_a_restarted_program_is_never_online_before_its_own_preonline(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    """The directory outlives the container: what the last generation left, also killed with all it held, means nothing."""
    check = hook("prestart", "ls state file | grep -e online -e file >> log; true")
    with container(*check, "--online-file", str(tmp_path / "file")) as process:
        ask(state, until)
        process.kill()
    assert text(state / "online") == text(tmp_path / "file") == "1\n"
    put(state / "request", "1 preonline\n")
    with container(*check, "--online-file", str(tmp_path / "file")):
        until(lambda: text(state / "running") == "2\n")
        assert not (state / "online").exists()
        assert not (tmp_path / "file").exists()
        ask(state, until, 2)
        assert text(state / "online") == text(tmp_path / "file") == "2\n"
    assert set(words(tmp_path / "log")) <= {"program"}


# --- going offline ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("removed", ["state/online", "file"])
def test_anybody_may_take_it_offline(container: Container, state: Path, tmp_path: Path, until: Until, removed: str) -> None:
    with container("--online-file", str(tmp_path / "file")):
        ask(state, until)
        assert text(state / "online") == text(tmp_path / "file") == "1\n"
        (tmp_path / removed).unlink()
        until(lambda: not (state / "online").exists() and not (tmp_path / "file").exists())


def test_a_program_that_ends_is_offline_at_once(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    """Before it is said that it ended, and long before poststop is through."""
    look = hook("poststop", "ls state >> log; cat state/ended >> log")
    with container("--online-file", str(tmp_path / "file"), *look, program=RUNS) as process:
        ask(state, until)
        process.communicate(b"\n")
        assert process.returncode == 5
    assert words(tmp_path / "log") == ["program", "ended", "generation", "result", "running", "1", "5", "0"]
    assert not (tmp_path / "file").exists()


@pytest.mark.parametrize("end", ["program", "stop"])
def test_a_preonline_that_runs_is_ended_first(container: Container, state: Path, tmp_path: Path, until: Until, end: str) -> None:
    slow = hook("preonline", "trap 'echo cut >> log; exit 0' TERM; touch begun; while :; do sleep 0.05; done")
    program = "trap 'echo TERM >> log; exit 5' TERM; touch up; until [ -e go ]; do sleep 0.05; done; exit 5"
    with container(*slow, *note("poststop"), program=program) as process:
        until((tmp_path / "up").exists)
        put(state / "request", "1 preonline\n")
        until((tmp_path / "begun").exists)
        if end == "stop":
            process.terminate()
        else:
            (tmp_path / "go").touch()
        assert process.wait() == 5
    assert words(tmp_path / "log") == ["cut", *(["TERM"] if end == "stop" else []), "poststop"]
    assert not (state / "online").exists()
