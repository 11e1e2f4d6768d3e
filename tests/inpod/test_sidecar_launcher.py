"""The real sidecar beside the real launcher: together they bring a program online, and a person's wish counts."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.inpod.applications import answers, app
from tests.inpod.container import Container, Run, Started, hook, words
from tests.inpod.sidecars import Sidecar, sidecar, until

PROGRAM = "exec sleep 1000"


class Pod:
    """A container that is started, or not, and its sidecar."""

    def __init__(self, launch: Path, state: Path, container: Container, run: Run) -> None:
        self.state = state
        self._launch = launch
        self._container = container
        self._run = run

    def container(self, *options: str, preonline: str = "true") -> Started:
        """Its hooks note that they ran, and for which generation."""
        hooks = {"preonline": preonline, "postoffline": "true"}
        noting = [hook(kind, f"echo {kind}$RICHPOD_GENERATION >> log; {then}") for kind, then in hooks.items()]
        return self._container(*options, *(word for words in noting for word in words), program=PROGRAM)

    @contextmanager
    def sidecar(self, port: int | None = None) -> Iterator[Sidecar]:
        with app(answers(500, 200)) as program, sidecar(self.state, "--check", program.url(), port=port) as running:
            yield running

    def ran(self) -> list[str]:
        return words(self.state.with_name("log"))

    def wish(self, verb: str) -> None:
        """A person's, in the container."""
        assert self._run(self._launch, verb, self.state).returncode == 0

    def ready(self) -> bool:
        """As a pod on the node's network is asked."""
        return self._run(self._launch, "ready", self.state).returncode == 0


@pytest.fixture(scope="session")
def launch(build: Path) -> Path:
    """As shipped: what sanitizers would find the launcher's own tests find."""
    return build / "toolkit/bin/launch"


@pytest.fixture
def pod(launch: Path, state: Path, container: Container, run: Run) -> Pod:
    return Pod(launch, state, container, run)


def test_a_program_comes_online_and_goes(pod: Pod) -> None:
    with pod.sidecar() as running, pod.container() as container:
        until(running.ready)
        assert pod.ran() == ["preonline1"]
        container.send_signal(signal.SIGTERM)
        assert container.wait() == 128 + signal.SIGTERM
        assert pod.ran() == ["preonline1", "postoffline1"]
        until(lambda: running.get() == (503, "generation 1: its program has ended"))


def test_the_launcher_tells_readiness_where_the_sidecar_listens_nowhere(pod: Pod) -> None:
    with pod.sidecar(port=0) as running, pod.container() as container:
        assert not pod.ready()
        running.says(": online")
        assert pod.ready()
        container.send_signal(signal.SIGTERM)
        container.wait()
        assert not pod.ready()


def test_each_start_has_its_own_preonline_however_it_ended_before(pod: Pod) -> None:
    with pod.sidecar() as running:
        for generation in range(1, 5):
            with pod.container() as container:
                until(lambda expected=generation: running.get() == (200, f"generation {expected}: online"))  # type: ignore[misc]
                assert [ran for ran in pod.ran() if "preonline" in ran] == [f"preonline{n}" for n in range(1, generation + 1)]
                container.send_signal(signal.SIGKILL if generation % 2 else signal.SIGTERM)
                container.wait()


def test_a_preonline_that_fails_once(pod: Pod) -> None:
    with pod.sidecar() as running, pod.container(preonline="test $(wc -l < log) -gt 1"):
        running.says("preonline failed with exit code 1")
        until(running.ready)
        assert pod.ran() == ["preonline1", "preonline1"]


def test_a_sidecar_that_dies_over_and_over_costs_no_second_preonline(pod: Pod) -> None:
    with pod.container():
        for _ in range(5):
            with pod.sidecar() as running:
                until(running.ready)
        assert pod.ran() == ["preonline1"]


def test_held_until_somebody_puts_it_online(pod: Pod) -> None:
    with pod.sidecar() as running, pod.container("--hold"):
        running.says("held back until somebody puts it online")
        assert pod.ran() == []
        pod.wish("online")
        until(running.ready)
        assert pod.ran() == ["preonline1"]


@pytest.mark.parametrize("how", ["switch", "file"])
def test_offline_and_online_again(pod: Pod, how: str) -> None:
    """A sidecar that looks on neither puts it back by itself nor takes a person's request away."""
    with pod.sidecar() as running, pod.container():
        until(running.ready)
        for count in range(2, 4):
            if how == "switch":
                pod.wish("offline")
            else:
                (pod.state / "online").unlink()
            until(lambda: not running.ready())
            pod.wish("online")
            until(running.ready)
            assert pod.ran().count("preonline1") == count
            assert how == "file" or pod.ran().count("postoffline1") == count - 1
