"""The node's folder of bound files, which pods mount one by one: each is a FIFO with lxcfs's file bound over it.

A pod asks for a regular file (`type: File`), and a FIFO is none: until lxcfs serves, and after a reboot, it waits. A running pod
follows what is bound over the file it was given, never what is bound in its place: so each new lxcfs is laid over the dead one,
and no layer is taken away while a pod may stand on it.
"""

import os
from collections import Counter
from contextlib import suppress
from pathlib import Path

from webhook.inpod.lxcfs_files import LXCFS_FILES
from webhook.lxcfs import mounts

FILES = tuple(path.lstrip("/") for _, path in LXCFS_FILES)


def lay_over(served: Path, folder: Path) -> None:
    """Binds each file of a serving lxcfs over what is there. Raises OSError."""
    covered = _layers(folder)
    for name in FILES:
        file = folder / name
        if not covered[str(file)]:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.unlink(missing_ok=True)
            os.mkfifo(file, 0o444)
        mounts.bind(served / name, file)


def layers(folder: Path) -> int:
    """How many lie on the file that has the most."""
    return max(_layers(folder).values(), default=0)


def leave(folder: Path) -> bool:
    """Takes every layer away, if no pod stands on one; whether it did. Raises OSError.

    While that is found out an empty folder covers this one, so that no pod can begin to.
    """
    below = os.open(folder, os.O_PATH | os.O_DIRECTORY)
    mounts.cover(folder)
    try:
        unused = not _in_use(folder)
        if unused:
            for path, count in _layers(folder).items():
                for _ in range(count):
                    mounts.uncover(Path(f"/proc/self/fd/{below}") / Path(path).relative_to(folder))
    finally:
        mounts.uncover(folder)
        os.close(below)
    return unused


def _layers(folder: Path) -> Counter[str]:
    files = {str(folder / name) for name in FILES}
    return Counter(mount.at for mount in mounts.seen_by("self") if mount.at in files)


def _in_use(folder: Path) -> bool:
    """Whether any process of the node sees a layer anywhere else than in the folder, which some see below a root of theirs."""
    files = tuple(str(folder / name) for name in FILES)
    devices = {mount.device for mount in mounts.seen_by("self") if mount.at in files}
    namespaces: dict[str, str] = {}
    for process in filter(str.isdecimal, os.listdir("/proc")):
        with suppress(OSError):
            namespaces[os.readlink(f"/proc/{process}/ns/mnt")] = process
    for process in namespaces.values():
        with suppress(OSError):
            if any(mount.device in devices and not mount.at.endswith(files) for mount in mounts.seen_by(process)):
                return True
    return False
