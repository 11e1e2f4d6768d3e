"""A container with hooks, as the launcher sees it: a folder of its own, a state directory in it, and somebody to write there."""

import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.inpod.processes import children

Started = AbstractContextManager[subprocess.Popen[bytes]]
Container = Callable[..., Started]
"""Starts the launcher with options; ``program`` is the script of its program."""
Until = Callable[[Callable[[], bool]], None]
Run = Callable[..., subprocess.CompletedProcess[bytes]]
Start = Callable[..., Started]

TOOLKIT, SANITIZED = (pytest.mark.parametrize("launch", [build], indirect=True) for build in ("toolkit", "sanitized"))
"""Which build of the launcher a test is for, where one is enough: what is shipped, or what finds each wrong access to memory."""

STAY = "trap 'echo TERM >> log; exit 3' TERM; echo program >> log; while :; do sleep 0.05; done"
"""A program that notes its start and that it was asked to stop, and then ends with code 3."""


def hook(kind: str, script: str, seconds: int = 90) -> tuple[str, ...]:
    """The options for a hook that is a script."""
    return ("--hook", f"{kind}:{seconds}:3", "sh", "-c", script)


def note(kind: str, code: int = 0) -> tuple[str, ...]:
    """A hook that notes that it ran."""
    return hook(kind, f"echo {kind} >> log; exit {code}")


def service(name: str, script: str, restart: str = "always", user: str = "") -> tuple[str, ...]:
    """The options for a service that is a script."""
    return ("--service", f"{name}:{user}:{restart}:3", "sh", "-c", script)


def text(file: Path) -> str:
    """What is in the file; nothing where there is none."""
    if not file.is_file():
        return ""
    try:
        return file.read_text(errors="replace")
    except FileNotFoundError:
        return ""


def words(file: Path) -> list[str]:
    return text(file).split()


def keeper(launcher: int, until: Until) -> int:
    """The process of its only service's keeper: a launcher, too, as every child is until it becomes its program."""
    found: list[int] = []

    def is_alone() -> bool:
        found[:] = [child for child in children(launcher) if Path(f"/proc/{child}/exe").samefile(f"/proc/{launcher}/exe")]
        return len(found) == 1

    until(is_alone)
    return found[0]


def put(file: Path, line: str) -> None:
    """As the sidecar writes: whole, by rename."""
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(line)
    fresh.rename(file)


def ask(state: Path, until: Until, generation: int = 1) -> list[str]:
    """Asks as the sidecar does; returns the answer."""
    until(lambda: text(state / "running") == f"{generation}\n")
    put(state / "request", f"{generation} preonline\n")
    until(lambda: not (state / "request").exists() and text(state / "result") != "")
    return words(state / "result")
