"""`launch online` and `launch offline`, run in the container: a person's wish, which holds for the generation."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import STAY, Container, Run, Until, hook, note, put, text, words

Wish = Callable[[str], tuple[int, str]]


@pytest.fixture
def wish(run: Run, launch: Path, state: Path, until: Until) -> Wish:
    """Runs the verb; returns its code and the sentence."""

    def wish(verb: str) -> tuple[int, str]:
        until(lambda: text(state / "running") != "")
        ran: subprocess.CompletedProcess[bytes] = run(launch, verb, state)
        return ran.returncode, ran.stderr.decode().removeprefix("richpod: ").strip()

    return wish


BOTH = (*note("preonline"), *note("postoffline"))
QUIET = "exec sleep 100"


def test_offline_takes_the_file_away_and_runs_postoffline(
    container: Container, state: Path, tmp_path: Path, until: Until, wish: Wish
) -> None:
    with container(*BOTH, "--online-file", str(tmp_path / "file"), program=QUIET) as process:
        assert wish("online") == (0, "online")
        assert (tmp_path / "file").exists()
        assert wish("offline") == (0, "offline")
        assert not (state / "online").exists()
        assert not (tmp_path / "file").exists()
        assert text(state / "switch") == "1 offline\n"
        assert process.poll() is None
    assert words(tmp_path / "log") == ["preonline", "postoffline"]


def test_offline_lets_requests_end_that_are_on_their_way(
    container: Container, state: Path, tmp_path: Path, wish: Wish, until: Until, start: Callable[..., Container], launch: Path
) -> None:
    with container(*BOTH, "--drain", "2", program=QUIET):
        assert wish("online") == (0, "online")
        begun = time.monotonic()
        with start(launch, "offline", state) as asking:
            until(lambda: not (state / "online").exists())
            assert words(tmp_path / "log") == ["preonline"]
            assert asking.wait() == 0
        assert time.monotonic() - begun >= 2
        assert words(tmp_path / "log") == ["preonline", "postoffline"]


def test_who_wants_it_online_again_before_the_launcher_looked_ends_the_wait_of_the_other(
    container: Container, state: Path, until: Until, start: Callable[..., Container], launch: Path
) -> None:
    with container(*hook("preonline", "sleep 100")):
        until(lambda: text(state / "running") != "")
        put(state / "request", "1 preonline\n")
        until(lambda: not (state / "request").exists())
        with start(launch, "offline", state) as leaving:
            until(lambda: text(state / "switch") == "1 offline\n")
            put(state / "switch", "1 online\n")
            assert leaving.wait() == 1
            assert leaving.stderr.read() == b"richpod: somebody wants it online by now\n"


def test_a_stop_ends_the_drain_of_a_person(
    container: Container, state: Path, tmp_path: Path, wish: Wish, until: Until, start: Callable[..., Container], launch: Path
) -> None:
    with container(*BOTH, "--drain", "1000", program=QUIET) as process:
        assert wish("online") == (0, "online")
        with start(launch, "offline", state):
            until(lambda: not (state / "online").exists())
            process.terminate()
            until(lambda: text(state / "result") != "")
            process.terminate()
            process.wait()


def test_online_runs_preonline_again(container: Container, state: Path, tmp_path: Path, wish: Wish) -> None:
    with container(*BOTH, program=QUIET):
        for verb in ("online", "offline", "online", "online", "offline", "offline", "online"):
            assert wish(verb) == (0, verb)
        assert text(state / "online") == "1\n"
    assert words(tmp_path / "log") == [*("preonline postoffline " * 2).split(), "preonline"]


def test_what_the_sidecar_asks_for_waits_while_a_person_wants_it_offline(
    container: Container, state: Path, tmp_path: Path, wish: Wish
) -> None:
    with container(*BOTH, program=QUIET):
        assert wish("offline") == (0, "offline")
        put(state / "request", "1 preonline\n")
        time.sleep(2.5)
        assert (state / "request").exists()
        assert wish("online") == (0, "online")
    assert words(tmp_path / "log") == ["postoffline", "preonline"]


def test_hold_waits_for_a_person_and_then_for_the_sidecar(
    container: Container, state: Path, tmp_path: Path, until: Until, start: Callable[..., Container], launch: Path
) -> None:
    with container(*BOTH, "--hold", program=QUIET):
        until(lambda: text(state / "running") != "")
        assert text(state / "switch") == "1 hold\n"
        with start(launch, "online", state) as asking:
            until(lambda: text(state / "switch") == "1 online\n")
            time.sleep(0.5)
            assert not (state / "request").exists(), "whether the program answers is the sidecar's to say"
            put(state / "request", "1 preonline\n")
            assert asking.wait() == 0
    assert words(tmp_path / "log") == ["preonline"]


def test_a_hook_that_fails_is_told(container: Container, tmp_path: Path, wish: Wish) -> None:
    hooks = (*hook("preonline", "[ -e well ] || exit 7"), *note("postoffline", 3))
    with container(*hooks):
        for _ in range(2):
            assert wish("online") == (1, "not online: preonline ended with exit code 7")
        (tmp_path / "well").touch()
        assert wish("online") == (0, "online")
        assert wish("offline") == (1, "offline, but postoffline ended with exit code 3")


def test_a_stop_meanwhile_is_told(
    container: Container, state: Path, until: Until, start: Callable[..., Container], launch: Path
) -> None:
    with container(*hook("preonline", "sleep 100")) as process:
        until(lambda: text(state / "running") != "")
        with start(launch, "online", state) as asking:
            until(lambda: text(state / "switch") != "" and not (state / "request").exists())
            process.terminate()
            assert asking.wait() == 1
            said = asking.stderr.read().decode().removeprefix("richpod: ")
            assert said.startswith(("the container is stopping", "the program has ended", "not online: preonline ended"))
        process.wait()


@pytest.mark.parametrize("verb", ["online", "offline"])
def test_a_container_that_stops_takes_no_wish(container: Container, tmp_path: Path, until: Until, wish: Wish, verb: str) -> None:
    with container(*hook("postoffline", "touch begun; until [ -e go ]; do sleep 0.05; done"), program=STAY) as process:
        assert wish("online") == (0, "online")
        process.terminate()
        until((tmp_path / "begun").exists)
        assert wish(verb) == (1, "the container is stopping")
        (tmp_path / "go").touch()
        assert process.wait() == 3


def test_the_wish_is_forgotten_with_the_generation(container: Container, state: Path, until: Until, wish: Wish) -> None:
    with container():
        assert wish("offline") == (0, "offline")
    with container():
        until(lambda: text(state / "running") == "2\n")
        put(state / "request", "2 preonline\n")
        until(lambda: text(state / "online") == "2\n")
        assert not (state / "switch").exists()


@pytest.mark.parametrize("verb", ["online", "offline"])
def test_without_a_launcher_the_wish_fails(run: Run, launch: Path, tmp_path: Path, verb: str) -> None:
    ran = run(launch, verb, tmp_path / "absent")
    assert (ran.returncode, ran.stderr.startswith(b"richpod: cannot open the state directory")) == (1, True)
    ran = run(launch, verb, tmp_path)
    assert (ran.returncode, ran.stderr) == (1, b"richpod: no launcher has begun in this state directory\n")
    put(tmp_path / "generation", "1\n")
    put(tmp_path / "ended", "1 0 0\n")
    assert run(launch, verb, tmp_path).stderr == b"richpod: the program has ended\n"


def test_a_stop_does_not_leave_twice(container: Container, tmp_path: Path, wish: Wish) -> None:
    """What a person's `offline` did is done: the drain, too, which would take long here."""
    with container(*BOTH, "--drain", "5", program=QUIET) as process:
        assert wish("online") == (0, "online")
        assert wish("offline") == (0, "offline")
        begun = time.monotonic()
        process.terminate()
        process.wait()
        assert time.monotonic() - begun < 5
    assert words(tmp_path / "log") == ["preonline", "postoffline"]


@pytest.mark.parametrize("after", ["online", "a failure"])
def test_but_again_after(container: Container, tmp_path: Path, wish: Wish, after: str) -> None:
    leaving = hook("postoffline", "echo postoffline >> log; [ -e well ]")
    with container(*note("preonline"), *leaving, program=QUIET) as process:
        assert wish("online") == (0, "online")
        if after == "online":
            (tmp_path / "well").touch()
        assert wish("offline")[0] == (0 if after == "online" else 1)
        if after == "online":
            assert wish("online") == (0, "online")
        process.terminate()
        process.wait()
    assert words(tmp_path / "log").count("postoffline") == 2


def test_offline_with_a_file_that_stays_fails(
    container: Container, tmp_path: Path, wish: Wish, namespaces: tuple[str, ...]
) -> None:
    """Whoever follows the file still sees it. What is mounted cannot be removed."""
    mounted = hook("postoffline", "until touch file && mount --bind log file; do :; done")
    online_file = ("--online-file", str(tmp_path / "file"))
    with container(*online_file, *mounted, program=f"touch log; {QUIET}", prefix=namespaces):
        assert wish("online") == (0, "online")
        trouble = "or there is trouble with the online file: the container's log tells"
        assert wish("offline") == (1, f"offline, but postoffline ended with exit code 71, {trouble}")
