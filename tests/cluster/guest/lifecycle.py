"""Booting a guest and ending it. Booting first ends whatever is left of an earlier one, however that one ended."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .. import build as programs
from .. import cgroups, images, lifecycle
from ..access import Object
from ..pins import CACHE
from ..processes import print_logs, until
from . import build, configuration
from .access import NODE_POD, GuestCluster
from .layout import Guest
from .node import VIRTIOFSD

BOOTS = 3
"""An emulated machine sometimes panics while it boots."""
PATIENCE = 900
RUNTIME_CLASSES: list[Object] = [
    {"apiVersion": "node.k8s.io/v1", "kind": "RuntimeClass", "metadata": {"name": name}, "handler": name}
    for name in (configuration.USUAL, configuration.WRITABLE)
]


class Ended(Exception):
    """The guest is no longer there."""


def missing() -> str:
    """Why no guest can be booted on this machine; empty if one can."""
    absent = [name for name in ("qemu-system-x86_64", "mkfs.ext4", "pkg-config") if not shutil.which(name)]
    absent += [] if (VIRTIOFSD / "virtiofsd").exists() else ["virtiofsd"]
    own = f"not installed: {', '.join(absent)} (run tests/cluster/guest/packages.sh)" if absent else ""
    return lifecycle.missing() or own


@contextmanager
def running(layout: Guest) -> Iterator[GuestCluster]:
    """A guest whose node is Ready, ended with the block."""
    programs.build(CACHE)
    build.build()
    try:
        yield _booted(layout, BOOTS)
    finally:
        lifecycle.down(layout)


def _booted(layout: Guest, boots: int) -> GuestCluster:
    try:
        return _boot(layout)
    except BaseException as error:
        print_logs(layout.logs)
        if not isinstance(error, Ended) or boots == 1:
            raise
    return _booted(layout, boots - 1)


def _boot(layout: Guest) -> GuestCluster:
    begun = time.monotonic()

    def reached(what: str, there: Callable[[], object]) -> None:
        until(what, lambda: _living(layout) and there(), PATIENCE)
        print(f"  {what} after {time.monotonic() - begun:.0f} s", flush=True)

    lifecycle.down(layout)
    lifecycle.write_files(layout, restart_period="1s")
    configuration.write(layout)
    images.busybox(layout.run)
    print("  booting a guest", flush=True)
    lifecycle.start_node(layout, f"{__package__}.node")
    cluster = GuestCluster.of(layout)
    reached("API server", lambda: cluster.kubectl("get", "--raw=/readyz"))
    reached("service account", lambda: cluster.kubectl("-n", "kube-system", "get", "serviceaccount", "default"))
    cluster.apply(*RUNTIME_CLASSES, NODE_POD)
    reached("node", lambda: lifecycle.node_ready(cluster))
    reached("first pod", lambda: cluster.on_node("cat", "/proc/uptime"))
    return cluster


def _living(layout: Guest) -> bool:
    if cgroups.first_process(layout.name) is None:
        raise Ended
    return True
