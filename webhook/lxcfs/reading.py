"""Reading files that may never answer: a read from a hung FUSE file system cannot be interrupted."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread


def answer(files: Iterable[Path], seconds: float) -> bool:
    """Whether each of them is a regular file that can be read, all within so many seconds.

    Read in a thread of their own, which outlives this call where they hang, until the file system answers or is ended.
    """
    told: SimpleQueue[bool] = SimpleQueue()
    Thread(target=lambda: told.put(all(map(_readable, files))), name="reading", daemon=True).start()
    try:
        return told.get(timeout=seconds)
    except Empty:
        return False


def _readable(file: Path) -> bool:
    """It may be empty: lxcfs shows no processors to who is in the root of cgroup v1. Not blocking, because it may be a FIFO."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        os.read(descriptor, 4096)
        return stat.S_ISREG(os.fstat(descriptor).st_mode)
    except OSError:
        return False
    finally:
        os.close(descriptor)
