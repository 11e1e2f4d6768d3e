"""Other programs: run one to its end, wait until one answers, show what they said."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path


def run(*command: object, input: str | None = None, cwd: Path | None = None, environment: Mapping[str, str] | None = None) -> str:
    """What a command that must succeed prints. Its stderr is a note on the error otherwise."""
    try:
        return subprocess.run(
            [str(word) for word in command],
            input=input,
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    except subprocess.CalledProcessError as error:
        error.add_note(error.stderr)
        raise


def until(what: str, ready: Callable[[], object], seconds: float = 90) -> None:
    """Ask again until `ready` says something true: for programs that cannot tell when they are."""
    begun = time.monotonic()
    while not _answers(ready):
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"{what}: not there after {seconds} s")
        time.sleep(0.1)


def print_logs(folder: Path) -> None:
    """The end of each, on stderr."""
    for log in sorted(folder.glob("*.log")):
        print(f"--- {log.name}", *log.read_text(errors="replace").splitlines()[-15:], sep="\n", file=sys.stderr)


def _answers(ready: Callable[[], object]) -> bool:
    try:
        return bool(ready())
    except (subprocess.CalledProcessError, OSError):
        return False
