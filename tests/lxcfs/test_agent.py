"""The agent's process, where lxcfs cannot run: it says so, lives on, and ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest

from webhook.lxcfs.supervisor import PAUSE_MOST, pause


class Running(NamedTuple):
    process: subprocess.Popen[str]
    port: int

    def said(self, event: str) -> Any:
        """The next line about it."""
        assert self.process.stderr is not None
        return next(line for line in map(json.loads, self.process.stderr) if line["event"] == event)

    def answer(self, path: str) -> tuple[int, str]:
        try:
            with urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as response:
                return response.status, response.read().decode()
        except HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Running]:
    """No lxcfs is in its PATH."""
    command = [sys.executable, "-m", "webhook", "lxcfs", f"--folder={tmp_path}", f"--scratch={tmp_path}", "--health-port=0"]
    environment = {**os.environ, "PATH": str(tmp_path)}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment) as process:
        started = Running(process, 0).said("started")
        yield Running(process, started["health_port"])
        process.kill()


def test_without_lxcfs_it_says_why_and_tries_again(agent: Running) -> None:
    assert agent.said("failed")["error"] == "No such file or directory"
    assert [agent.said("healing")["pause_seconds"] for _ in range(2)] == [0, 1]


def test_it_is_alive_but_not_ready(agent: Running) -> None:
    agent.said("healing")
    assert agent.answer("/healthz") == (200, "ok\n")
    assert agent.answer("/readyz") == (503, "not ready\n")
    assert "richpod_lxcfs_up 0.0" in agent.answer("/metrics")[1]
    assert agent.answer("/other")[0] == 404


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_to(agent: Running, number: signal.Signals) -> None:
    for _ in range(3):
        agent.said("healing")
    agent.process.send_signal(number)
    assert agent.process.wait(timeout=5) == 0


def test_a_port_that_is_taken_is_said_in_one_line(agent: Running, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "webhook", "lxcfs", f"--folder={tmp_path}", f"--health-port={agent.port}"]
    second = subprocess.run(command, capture_output=True, text=True, check=False)
    assert second.returncode == 2
    assert len(second.stderr.splitlines()) == 1


def test_the_first_end_is_healed_at_once_and_short_lives_are_started_less_and_less_often() -> None:
    pauses = [pause(short) for short in range(8)]
    assert pauses[:3] == [0, 1, 3], "two in a row are healed within 10 s"
    assert pauses == sorted(pauses)
    assert pauses[-1] == pause(1000) == PAUSE_MOST
