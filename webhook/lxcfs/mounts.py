"""What the kernel is asked to do with mounts, and what it says of them.

mount(2) and umount2(2) are called themselves: the tools of the same names look at a file first, and a dead FUSE file cannot be
looked at.
"""

import ctypes
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MS_BIND = 4096
MNT_FORCE, MNT_DETACH = 1, 2
_LIBC = ctypes.CDLL(None, use_errno=True)


class Mount(NamedTuple):
    """`device` is `major:minor`, which tells file systems apart; `at` is where the process that sees the mount finds it."""

    device: str
    at: str


def bind(source: Path, target: Path) -> None:
    """Lays a file over another, whatever lies there already. Raises OSError."""
    _must(_LIBC.mount(os.fsencode(source), os.fsencode(target), None, MS_BIND, None), target)


def cover(folder: Path) -> None:
    """Lays an empty folder over another. Raises OSError."""
    _must(_LIBC.mount(b"none", os.fsencode(folder), b"tmpfs", 0, b"size=4k"), folder)


def uncover(target: Path) -> None:
    """Takes the uppermost mount away, at once, even if it is in use. Raises OSError, also where nothing is mounted."""
    _must(_LIBC.umount2(os.fsencode(target), MNT_DETACH), target)


def abort(target: Path) -> None:
    """Ends a FUSE file system for everybody, also those who wait in it, and takes its mount away. Raises OSError."""
    _must(_LIBC.umount2(os.fsencode(target), MNT_FORCE | MNT_DETACH), target)


def seen_by(process: int | str) -> Iterator[Mount]:
    """Every mount in the namespace of a process (proc_pid_mountinfo(5)), the lower before the upper."""
    # Bytes: in text more would end a line than the kernel escapes, and pods choose where they mount.
    for line in filter(None, Path(f"/proc/{process}/mountinfo").read_bytes().split(b"\n")):
        _, _, device, _, at, *_ = os.fsdecode(line).split(" ")
        yield Mount(device, re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), at))


def _must(result: int, target: Path) -> None:
    if result:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), str(target))
