"""One life of lxcfs: from its start as a child to its end, whatever it takes."""

import os
import select
import signal
import subprocess
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import mkdtemp
from threading import Thread
from typing import IO, NamedTuple

from webhook.log import NAME_LENGTH, Log
from webhook.lxcfs import mounts
from webhook.printable import one_line

SETTINGS = ("--foreground", "--enable-loadavg", "--enable-cfs")
"""Without the last two, load and processors would be the node's."""
LAST_LINES = 5
"""Of its output, told where it ended by itself: each start prints some thirty that say nothing."""
END_WITHIN = 2
"""Seconds that a killed lxcfs gets; one that the kernel holds is left behind."""


class Life(NamedTuple):
    """`served`: the root of its files; `ended`: a descriptor that is readable from its end on."""

    served: Path
    ended: int


@contextmanager
def life(scratch: Path, log: Log) -> Iterator[Life]:
    """lxcfs, starting, on a new folder in `scratch`, where no pod sees it. Raises OSError if it cannot be started."""
    own = Path(mkdtemp(dir=scratch))
    served = own / "served"
    served.mkdir()
    command = ["lxcfs", *SETTINGS, f"--pidfile={own}/pid", str(served)]
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert child.stdout is not None
    last: deque[bytes] = deque(maxlen=LAST_LINES)
    reader = Thread(target=_read, args=(child.stdout, last), name="output", daemon=True)
    reader.start()
    ended = os.pidfd_open(child.pid)
    try:
        yield Life(served, ended)
    finally:
        if first_readable([ended], 0) is not None:
            reader.join(END_WITHIN)
            _tell(last, log)
        # The mount first: it frees everybody who waits for an answer, and a hung lxcfs with them.
        with suppress(OSError):
            mounts.abort(served)
        _end(child, ended, log)
        os.close(ended)
        _remove(own)


def first_readable(descriptors: list[int], seconds: float) -> int | None:
    """The first of these descriptors that is readable, or becomes so within the time."""
    ready, _, _ = select.select(descriptors, [], [], seconds)
    return ready[0] if ready else None


def _end(child: subprocess.Popen[bytes], ended: int, log: Log) -> None:
    with suppress(ProcessLookupError):
        signal.pidfd_send_signal(ended, signal.SIGKILL)
    if first_readable([ended], END_WITHIN) is None:
        log("lxcfs-stuck", process=child.pid)
        return
    log("lxcfs-ended", process=child.pid, code=child.wait())


def _remove(own: Path) -> None:
    """Name by name: where the mount could not be taken away, nothing below it may be touched."""
    for step in ((own / "pid").unlink, (own / "served").rmdir, own.rmdir):
        with suppress(OSError):
            step()


def _read(output: IO[bytes], last: deque[bytes]) -> None:
    """Until it has ended: whoever writes into a pipe that nobody reads is stuck."""
    with output:
        last.extend(output)


def _tell(lines: deque[bytes], log: Log) -> None:
    for line in tuple(lines):
        log("lxcfs", sentence=one_line(line.decode(errors="replace").strip(), NAME_LENGTH))
