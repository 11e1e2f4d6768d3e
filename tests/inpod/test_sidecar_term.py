"""TERM ends the sidecar whenever it comes, though it is its container's first process, which gets no signal it does not mind."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import Start
from tests.inpod.sidecars import COMMAND, SECONDS, until


def minds_term(process: int) -> bool:
    """It blocks TERM, or handles it."""
    lines = dict(line.split(":", 1) for line in Path(f"/proc/{process}/status").read_text().splitlines())
    return any(int(lines[mask], 16) & 1 << signal.SIGTERM - 1 for mask in ("SigBlk", "SigCgt"))


@pytest.mark.parametrize("milliseconds", [0, 5, 10, 20, 30, 50, 100, 300])
def test_none_is_lost(
    tmp_path: Path, namespaces: tuple[str, ...], start: Start, children: Callable[[int], list[int]], milliseconds: int
) -> None:
    """From before Python is loaded: it is no slower to end than to start."""
    command = (*namespaces, "--kill-child", *COMMAND, "--state", tmp_path / "main", "--port", "0")
    with start(*command, cwd="/") as process:
        until(lambda: bool(children(process.pid)))
        (first,) = children(process.pid)
        until(lambda: "python" in os.readlink(f"/proc/{first}/exe"))
        assert minds_term(first)
        time.sleep(milliseconds / 1000)
        os.kill(first, signal.SIGTERM)
        assert process.wait(SECONDS) == 0
