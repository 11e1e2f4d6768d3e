"""A state directory in which all is there, and what may stand in the place of its files."""

import ctypes
import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from webhook.inpod import contract

GOOD = {
    "generation": b"3\n",
    "request": b"3 preonline\n",
    "result": b"3 preonline 7 120\n",
    "running": b"3 stopping\n",
    "online": b"3\n",
    "ended": b"3 137 9\n",
    "switch": b"3 hold\n",
}


KINDS = ("link", "fifo", "folder", "socket", "large", "endless")


def place(folder: Path, name: str, what: str) -> None:
    """Something under a name that says, where it is read, what the good file says."""
    path = folder / name
    said = GOOD.get(name, GOOD["generation"])
    good = folder.parent / f"good {name}"
    good.write_bytes(said)
    if what == "link":
        path.symlink_to(good)
    elif what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    elif what == "socket":
        with socket.socket(socket.AF_UNIX) as bound:
            bound.bind(str(path))
    elif what == "large":
        path.write_bytes(said + b"\0" * contract.STATE_FILE_BYTES)
    elif what == "endless":
        path.symlink_to("/dev/zero")


MOVED_TO = 0x80
"""Of linux/inotify.h; an event is a watch, a mask, a cookie, the name's size, and the name filled up with zeros."""
EVENT = struct.Struct("iIII")


@contextmanager
def appeared(folder: Path) -> Iterator[list[str]]:
    """Afterwards the names that were renamed into the folder, in that order."""
    libc = ctypes.CDLL(None, use_errno=True)
    names: list[str] = []
    with open(libc.inotify_init(), "rb", buffering=0) as events:
        if libc.inotify_add_watch(events.fileno(), os.fsencode(folder), MOVED_TO) < 0:
            raise OSError(ctypes.get_errno(), "cannot watch a folder")
        yield names
        found = os.read(events.fileno(), 65536)
    while found:
        size = EVENT.unpack_from(found)[3]
        names.append(found[EVENT.size : EVENT.size + size].rstrip(b"\0").decode())
        found = found[EVENT.size + size :]
