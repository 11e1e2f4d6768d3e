"""The sidecar at each step of a container: ended, restarted, and overtaken by a new generation."""

import signal
from collections.abc import Callable, Iterator

import pytest

from tests.inpod.applications import answers, app, hangs
from tests.inpod.sidecars import Launcher, sidecar, until

Step = Callable[[Launcher], None]


def nothing(launcher: Launcher) -> None:
    """The container has not started."""


def checking(launcher: Launcher) -> None:
    launcher.start()


def asked(launcher: Launcher) -> None:
    launcher.start()
    until(launcher.requested)


def hook(launcher: Launcher) -> None:
    launcher.start()
    launcher.take()


def backing_off(launcher: Launcher) -> None:
    hook(launcher)
    launcher.finish(exit=1)


def online(launcher: Launcher) -> None:
    hook(launcher)
    launcher.finish()


def ended(launcher: Launcher) -> None:
    online(launcher)
    launcher.end()


SAYS = {
    nothing: "has not started",
    checking: "no answer in time",
    asked: "asked for",
    hook: "asked for",
    backing_off: "again in 1 s",
    online: ": online",
    ended: "has ended",
}
steps = pytest.mark.parametrize("step", SAYS, ids=lambda step: step.__name__)


@pytest.fixture
def options(step: Step) -> Iterator[tuple[str, ...]]:
    """The check hangs where that is the step, and answers at its leisure otherwise."""
    with app(hangs if step is checking else answers(200)) as program:
        yield "--check", program.url(), "--timeout-ms", "500" if step is checking else "60000"


@steps
def test_term_ends_it_within_a_second(launcher: Launcher, step: Step, options: tuple[str, ...]) -> None:
    with sidecar(launcher.folder, *options) as running:
        step(launcher)
        running.says(SAYS[step])
        running.terminate()


@steps
def test_a_new_generation_starts_over(launcher: Launcher, step: Step, options: tuple[str, ...]) -> None:
    with sidecar(launcher.folder, *options) as running:
        step(launcher)
        running.says(SAYS[step])
        launcher.start()
        until(lambda: not running.ready())
        if step is not checking:
            launcher.take()
            assert not running.ready()
            launcher.finish()
            until(running.ready)
            assert running.get() == (200, f"generation {launcher.generation}: online")


@steps
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_restart_reads_the_state_first(launcher: Launcher, step: Step, options: tuple[str, ...], number: int) -> None:
    with sidecar(launcher.folder, *options) as running:
        step(launcher)
        running.says(SAYS[step])
        running.process.send_signal(number)
        running.process.wait()
    before = list(launcher.asked)
    with sidecar(launcher.folder, *options) as running:
        if step is online:
            assert running.get() == (200, "generation 1: online")
        elif step is ended:
            assert running.get() == (503, "generation 1: its program has ended")
        elif step is nothing:
            assert running.get() == (503, "the container has not started")
        elif step is not checking:
            launcher.take()
            launcher.finish()
            until(running.ready)
            before.append(1)
        assert launcher.asked == before


def test_a_restart_while_the_hook_runs_ends_online_with_no_request_left(launcher: Launcher) -> None:
    launcher.start()
    with sidecar(launcher.folder):
        launcher.take()
    with sidecar(launcher.folder) as running:
        until(launcher.requested)
        launcher.finish()
        until(running.ready)
        until(lambda: not launcher.requested())
