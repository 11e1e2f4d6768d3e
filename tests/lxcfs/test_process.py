"""One life of lxcfs, played by a script: what of its words the log holds."""

import signal
from pathlib import Path
from typing import Any

import pytest

from webhook.lxcfs.process import LAST_LINES, Life, first_readable, life

PROMPT = 10
"""Seconds for a script to end."""


class Told:
    def __init__(self) -> None:
        self.lines: list[tuple[str, dict[str, Any]]] = []

    def __call__(self, event: str, **facts: Any) -> None:
        self.lines.append((event, facts))

    def sentences(self) -> list[str]:
        return [facts["sentence"] for event, facts in self.lines if event == "lxcfs"]


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """`lxcfs` is the script in it."""
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    return tmp_path


def play(scratch: Path, script: str) -> None:
    program = scratch / "lxcfs"
    program.write_text(f"#!/bin/sh\nfor line in $(seq 30); do echo banner $line; done\n{script}\n")
    program.chmod(0o755)


def ended(current: Life) -> bool:
    return first_readable([current.ended], PROMPT) is not None


def test_of_one_that_ends_by_itself_the_last_lines_are_told(scratch: Path) -> None:
    play(scratch, "echo 'no\033[31m device' >&2; exit 1")
    log = Told()
    with life(scratch, log) as current:
        assert ended(current)
    assert log.sentences() == [*(f"banner {line}" for line in range(27, 31)), "no\N{REPLACEMENT CHARACTER}[31m device"]
    assert len(log.sentences()) == LAST_LINES
    assert [(event, facts["code"]) for event, facts in log.lines[LAST_LINES:]] == [("lxcfs-ended", 1)]


def test_of_one_that_is_ended_nothing_is_told_but_its_end(scratch: Path) -> None:
    play(scratch, "exec sleep 1000")
    log = Told()
    with life(scratch, log) as current:
        assert first_readable([current.ended], 0) is None
    assert [(event, facts["code"]) for event, facts in log.lines] == [("lxcfs-ended", -signal.SIGKILL)]


def test_one_that_says_much_is_not_held_up(scratch: Path) -> None:
    play(scratch, "head -c 1000000 /dev/zero | tr '\\0' '\\n'")
    with life(scratch, Told()) as current:
        assert ended(current)


def test_nothing_of_a_life_stays(scratch: Path) -> None:
    play(scratch, "exec sleep 1000")
    with life(scratch, Told()) as current:
        assert current.served.is_dir()
    assert [file.name for file in scratch.iterdir()] == ["lxcfs"]
