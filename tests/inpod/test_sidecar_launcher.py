"""The real sidecar beside the real launcher: together they bring a program online, and a person's wish counts."""

import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.inpod.applications import answers, app
from tests.inpod.sidecars import Sidecar, sidecar, until

Run = Callable[..., subprocess.CompletedProcess[bytes]]
Start = Callable[..., AbstractContextManager[subprocess.Popen[bytes]]]

STAY = "trap 'exit 3' TERM; while :; do sleep 0.02; done"


class Pod:
    """A container that is started, or not, and its sidecar."""

    def __init__(self, launch: Path, folder: Path, start: Start) -> None:
        self.launch = launch
        self.state = folder / "main"
        self.log = folder / "log"
        self._start = start

    def container(self, *options: str, preonline: str = "true") -> AbstractContextManager[subprocess.Popen[bytes]]:
        """Its hook notes which generation it ran for."""
        script = f"echo $RICHPOD_GENERATION >> {self.log}; {preonline}"
        hook = ("--hook", "preonline:20:3", "sh", "-c", script)
        return self._start(self.launch, "--state", self.state, *options, *hook, "--", "sh", "-c", STAY)

    @contextmanager
    def sidecar(self) -> Iterator[Sidecar]:
        with app(answers(500, 200)) as program, sidecar(self.state, "--check", program.url()) as running:
            yield running

    def ran(self) -> list[str]:
        return self.log.read_text().split() if self.log.exists() else []


@pytest.fixture
def pod(launch: Path, tmp_path: Path, start: Start) -> Pod:
    return Pod(launch, tmp_path, start)


def test_a_program_comes_online_and_goes(pod: Pod) -> None:
    with pod.sidecar() as running, pod.container() as container:
        until(running.ready)
        assert pod.ran() == ["1"]
        container.send_signal(signal.SIGTERM)
        assert container.wait() == 3
        until(lambda: running.get() == (503, "generation 1: its program has ended"))


def test_each_start_has_its_own_preonline_however_it_ended_before(pod: Pod) -> None:
    with pod.sidecar() as running:
        for generation in range(1, 6):
            with pod.container() as container:
                until(lambda expected=generation: running.get() == (200, f"generation {expected}: online"))  # type: ignore[misc]
                assert pod.ran() == [str(count) for count in range(1, generation + 1)]
                container.send_signal(signal.SIGKILL if generation % 2 else signal.SIGTERM)
                container.wait()


def test_a_preonline_that_fails_once(pod: Pod) -> None:
    with pod.sidecar() as running, pod.container(preonline=f"test $(wc -l < {pod.log}) -gt 1"):
        running.says("preonline failed with exit code 1")
        until(running.ready)
        assert pod.ran() == ["1", "1"]


def test_a_sidecar_that_dies_over_and_over_costs_no_second_preonline(pod: Pod) -> None:
    with pod.container():
        for _ in range(5):
            with pod.sidecar() as running:
                until(running.ready)
        assert pod.ran() == ["1"]


def test_held_until_somebody_puts_it_online(pod: Pod, run: Run) -> None:
    with pod.sidecar() as running, pod.container("--hold"):
        running.says("held back until somebody puts it online")
        assert pod.ran() == []
        assert run(pod.launch, "online", pod.state).returncode == 0
        until(running.ready)
        assert pod.ran() == ["1"]


@pytest.mark.parametrize("how", ["switch", "file"])
def test_offline_and_online_again(pod: Pod, run: Run, how: str) -> None:
    """A sidecar that looks on neither puts it back by itself nor takes a person's request away."""
    with pod.sidecar() as running, pod.container():
        until(running.ready)
        for count in range(2, 4):
            if how == "switch":
                assert run(pod.launch, "offline", pod.state).returncode == 0
            else:
                (pod.state / "online").unlink()
            until(lambda: not running.ready())
            assert run(pod.launch, "online", pod.state).returncode == 0
            until(running.ready)
            assert pod.ran() == ["1"] * count
