"""The processes of a test: nothing that it starts, or that what it starts leaves behind, outlives it."""

import ctypes
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

SET_CHILD_SUBREAPER = 36
"""Of linux/prctl.h."""


def children(process: int) -> list[int]:
    """The processes that a process has not reaped, living or not, whichever of its threads started them; it may end meanwhile."""
    found: list[int] = []
    with suppress(FileNotFoundError, ProcessLookupError):
        for task in Path(f"/proc/{process}/task").iterdir():
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def _tree(process: int) -> Iterator[int]:
    yield process
    for child in children(process):
        yield from _tree(child)


def _adopt(orphans: bool) -> None:
    """From now on, or no longer, orphans below this process become its children."""
    if ctypes.CDLL(None).prctl(SET_CHILD_SUBREAPER, int(orphans), 0, 0, 0) != 0:
        raise OSError("cannot become the reaper of orphans")


@contextmanager
def all_ended() -> Iterator[None]:
    """Afterwards everything is dead and reaped that began below this process meanwhile."""
    before = set(children(os.getpid()))
    _adopt(True)
    try:
        yield
    finally:
        # One that is killed while it makes another leaves that one here.
        while left := [child for child in children(os.getpid()) if child not in before]:
            for process in [one for child in left for one in _tree(child)]:
                with suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            for child in left:
                with suppress(ChildProcessError):
                    os.waitpid(child, 0)
        _adopt(False)
