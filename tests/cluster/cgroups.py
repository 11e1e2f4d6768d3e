"""The cgroup of a node: one directory of the same name in every hierarchy of the host, v1 and v2 alike.

It is the root of the node's own cgroup namespace: pods find `kubepods` where they find it on any node, yet two clusters and a
kubelet of the host never touch each other's pods, and every process in the directory belongs to the node.
"""

import ctypes
import os
import select
import signal
from contextlib import suppress
from pathlib import Path

from .processes import run, until

CLONE_NEWCGROUP = 0x02000000


def create(name: str) -> None:
    for hierarchy in _hierarchies():
        for controller in _controllers(hierarchy):
            (hierarchy / "cgroup.subtree_control").write_text(f"+{controller}")
        (hierarchy / name).mkdir()
        for setting in ("cpuset.cpus", "cpuset.mems"):  # v1: empty in a new directory, and nothing may enter until they are set
            if (hierarchy / setting).exists():
                (hierarchy / name / setting).write_text((hierarchy / setting).read_text())


def enter(name: str) -> None:
    """The calling process becomes the first one in it and sees it as the root. It must have a mount namespace of its own."""
    hierarchies = _hierarchies()
    for hierarchy in hierarchies:
        (hierarchy / name / "cgroup.procs").write_text("0")
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWCGROUP):
        raise OSError(ctypes.get_errno(), "unshare")
    for hierarchy in hierarchies:
        run("mount", "--bind", hierarchy / name, "/mnt")
        run("umount", hierarchy)
        run("mount", "--move", "/mnt", hierarchy)
        if (hierarchy / "cgroup.controllers").exists():  # v2: the root could not hand controllers down while a process is in it
            (hierarchy / "system").mkdir()
            (hierarchy / "system/cgroup.procs").write_text("0")


def processes(name: str) -> set[int]:
    """All of the node and of its pods, as the host numbers them. Pods may end meanwhile, and their directories with them."""
    found: set[int] = set()
    for hierarchy in _hierarchies():
        for directory, _, _ in os.walk(hierarchy / name):
            with suppress(OSError):
                found.update(map(int, Path(directory, "cgroup.procs").read_text().split()))
    return found


def first_process(name: str) -> int | None:
    """The one that is number 1 in the node's pid namespace (and not in a pod's, one deeper): when it ends, all others end."""
    return next((process for process in processes(name) if _numbers(process)[1:] == ["1"]), None)


def kill(name: str) -> None:
    """Returns when no process is left: the kernel reports the end of a pid namespace's first process after that of all others."""
    process = first_process(name)
    if process is not None:
        handle = os.pidfd_open(process)
        signal.pidfd_send_signal(handle, signal.SIGKILL)
        select.select([handle], [], [])
        os.close(handle)


def remove(name: str) -> None:
    until("cgroups removed", lambda: all(_removed(hierarchy / name) for hierarchy in _hierarchies()))


def _removed(group: Path) -> bool:
    if group.exists():
        for directory in sorted((path for path in group.rglob("*") if path.is_dir()), reverse=True):
            directory.rmdir()
        group.rmdir()
    return True


def _hierarchies() -> list[Path]:
    mounts = (line.split() for line in Path("/proc/self/mounts").read_text().splitlines())
    return [Path(fields[1]) for fields in mounts if fields[2] in ("cgroup", "cgroup2")]


def _controllers(hierarchy: Path) -> list[str]:
    """Of a v2 hierarchy; a v1 hierarchy has no such file."""
    file = hierarchy / "cgroup.controllers"
    return file.read_text().split() if file.exists() else []


def _numbers(process: int) -> list[str]:
    """What a process is called in each pid namespace from here downwards."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except FileNotFoundError:
        return []
    return next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
