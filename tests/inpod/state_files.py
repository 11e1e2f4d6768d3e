"""A state directory in which all is there, and what may stand in the place of its files."""

import os
import socket
from pathlib import Path

from webhook.inpod import contract

GOOD = {
    "generation": b"3\n",
    "request": b"3 preonline\n",
    "result": b"3 preonline 7 120\n",
    "online": b"3\n",
    "ended": b"3 137 9\n",
    "switch": b"3 hold\n",
}


def place(folder: Path, name: str, what: str) -> None:
    """Something under a name that says, where it is read, what the good file says."""
    path = folder / name
    good = folder.parent / f"good {name}"
    good.write_bytes(GOOD[name])
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
        path.write_bytes(GOOD[name] + b"\0" * contract.STATE_FILE_BYTES)
    elif what == "endless":
        path.symlink_to("/dev/zero")
