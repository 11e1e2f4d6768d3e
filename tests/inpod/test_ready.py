"""`launch ready`: for probes that cannot ask the sidecar, the same answer from the same files."""

import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.inpod.container import STAY, Container, Run, Until, hook, put, text
from tests.inpod.container import ask as request
from tests.inpod.state_files import GOOD, place
from webhook.inpod.contract import EXIT_WAITS

ONLINE = (0, "richpod: online (generation 3)\n")
NOT_STARTED = "its program has not been started: prestart still runs"
TROUBLE = ", or there is trouble with the online file: the container's log tells"
HELD, ASKED = "held back until somebody puts it online", "preonline was asked for"


def ask(run: Run, launch: Path, state: Path, *prefix: str) -> tuple[int, str]:
    """Code and sentence; nothing else is said, and nothing is changed."""
    before = sorted(state.iterdir()) if state.is_dir() else []
    ran: subprocess.CompletedProcess[bytes] = run(*prefix, launch, "ready", state)
    assert (ran.stdout, sorted(state.iterdir()) if state.is_dir() else []) == (b"", before)
    return ran.returncode, ran.stderr.decode()


def offline(why: str) -> tuple[int, str]:
    return 1, f"richpod: offline: {why}\n"


def waits(why: str) -> tuple[int, str]:
    """For a person."""
    return EXIT_WAITS, offline(why)[1]


def test_through_a_whole_life(container: Container, launch: Path, run: Run, state: Path, tmp_path: Path, until: Until) -> None:
    assert ask(run, launch, state) == offline("the container has not started")
    early = hook("prestart", "touch early; until [ -e start ]; do sleep 0.05; done")
    slow = hook("preonline", "touch begun; until [ -e go ]; do sleep 0.05; done")
    with container(*early, *slow, program="touch up; read line") as process:
        until((tmp_path / "early").exists)
        assert ask(run, launch, state) == offline(NOT_STARTED)
        (tmp_path / "start").touch()
        until((tmp_path / "up").exists)
        assert ask(run, launch, state) == offline("the check URL has not answered, or preonline still runs")
        put(state / "request", "1 preonline\n")
        until((tmp_path / "begun").exists)
        assert ask(run, launch, state)[0] == 1
        (tmp_path / "go").touch()
        until(lambda: text(state / "online") != "")
        assert ask(run, launch, state) == (0, "richpod: online (generation 1)\n")
        process.communicate(b"\n")
    assert ask(run, launch, state) == offline("its program has ended")


def test_from_the_first_stop_signal_on_it_is_stopping(
    container: Container, launch: Path, run: Run, state: Path, tmp_path: Path, until: Until
) -> None:
    slow = hook("postoffline", "touch begun; until [ -e go ]; do sleep 0.05; done")
    with container(*slow, program=STAY) as process:
        request(state, until)
        process.terminate()
        until((tmp_path / "begun").exists)
        assert ask(run, launch, state) == offline("the container is stopping")
        (tmp_path / "go").touch()
        assert process.wait() == 3


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"online": "3\n"}, ONLINE),
        ({"online": "3\n", "ended": "2 0 0\n", "switch": "2 hold\n"}, ONLINE),
        ({"online": "3\n", "ended": "3 nonsense\n"}, ONLINE),
        ({"online": "3\n", "switch": "3 online\n"}, ONLINE),
        ({"online": "3\n", "ended": "3 137 9\n"}, offline("its program has ended")),
        ({"online": "2\n", "switch": "3 hold\n"}, waits(HELD)),
        ({"online": "3 \n", "switch": "3 hold\n"}, waits(HELD)),
        ({"online": "3 x\n", "switch": "3 hold\n"}, waits(HELD)),
        ({"online": "3", "switch": "3 hold\n"}, waits(HELD)),
        ({"switch": "3 offline\n", "result": "3 preonline 0 5\n"}, waits("taken offline by somebody")),
        ({"request": "3 preonline\n", "result": "3 preonline 7 5\n"}, offline(ASKED)),
        ({"result": "3 preonline 7 5\n"}, offline("preonline failed with exit code 7")),
        ({"result": "3 preonline 124 5\n"}, offline("preonline took too long")),
        ({"result": "3 preonline 0 5\n"}, waits("preonline succeeded, and its online file is not there")),
        ({"result": "2 preonline 0 5\n"}, offline("the check URL has not answered, or preonline still runs")),
        ({"running": "3 stopping\n", "switch": "3 hold\n"}, offline("the container is stopping")),
        ({"running": "2 stopping\n", "switch": "3 hold\n"}, offline(NOT_STARTED)),
        ({"running": "3 well\n", "switch": "3 hold\n"}, waits(HELD)),
        ({"result": "3 preonline 71 5\n"}, offline(f"preonline failed with exit code 71{TROUBLE}")),
        ({"running": "3 stopping\n", "ended": "3 0 0\n"}, offline("its program has ended")),
        ({"generation": "0\n", "online": "3\n"}, offline("the container has not started")),
        ({"generation": "3 x\n", "online": "3\n"}, offline("the container has not started")),
    ],
)
def test_what_the_files_say(launch: Path, run: Run, state: Path, files: dict[str, str], told: tuple[int, str]) -> None:
    state.mkdir()
    for name, content in ({"generation": "3\n", "running": "3\n"} | files).items():
        put(state / name, content)
    assert ask(run, launch, state) == told


@pytest.mark.parametrize("what", ["link", "fifo", "folder", "socket", "large", "endless"])
def test_nothing_but_a_small_regular_file_is_believed(launch: Path, run: Run, state: Path, what: str) -> None:
    state.mkdir()
    for name in ("generation", "running"):
        put(state / name, "3\n")
    put(state / "switch", GOOD["switch"].decode())
    place(state, "online", what)
    assert ask(run, launch, state) == waits(HELD)


def test_any_user_may_ask(as_root: None, launch: Path, run: Run) -> None:
    """A probe runs as the sidecar's user, and the launcher's may be any."""
    with TemporaryDirectory(dir="/var/tmp") as folder:
        state = Path(folder)
        state.chmod(0o755)
        put(state / "generation", "3\n")
        put(state / "online", "3\n")
        become = ("setpriv", "--reuid=65532", "--regid=65532", "--clear-groups")
        assert ask(run, launch, state, *become) == ONLINE
