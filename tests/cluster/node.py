"""The first process of a node: makes the namespaces it was started in a machine, starts everything, then reaps orphans.

`python -m tests.cluster.node NUMBER`, in new pid, mount and network namespaces. When this process ends, the kernel ends all
others, unmounts and unlinks.
"""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

from . import cgroups, control_plane
from .access import Cluster
from .layout import Layout
from .pins import BINARIES
from .processes import run, until

LXCFS = Path("/var/lib/lxcfs")
BOUND = Path("/var/lib/richpod/lxcfs")
"""Regular files with lxcfs' files bound over them, at the paths they have in a pod."""
PROC_FILES = ("cpuinfo", "diskstats", "loadavg", "meminfo", "stat", "swaps", "uptime")
VIEWED = (*(f"proc/{name}" for name in PROC_FILES), "sys/devices/system/cpu/online")
ETCD = "http://127.0.0.1:2379"


def main(layout: Layout, cluster: Cluster) -> None:
    cgroups.enter(layout.name)
    _mounts()
    network(layout)
    LXCFS.mkdir()
    start(layout, "lxcfs", "--enable-loadavg", "--enable-cfs", "--foreground", LXCFS)
    start(layout, *control_plane.etcd(layout.run / "etcd", ETCD, "http://127.0.0.1:2380"))
    start(layout, *control_plane.api_server_with_node(layout, ETCD))
    start(layout, "containerd", f"--config={layout.run}/containerd.toml")
    until("lxcfs", (LXCFS / "proc/meminfo").exists)
    _bind_lxcfs()
    until("API server", lambda: cluster.kubectl("get", "--raw=/readyz"))
    start(layout, *control_plane.controller_manager(layout))
    start(layout, *control_plane.scheduler(layout))
    start(layout, "kube-proxy", f"--config={layout.run}/proxy.yaml")
    start(layout, "coredns", "-conf", layout.run / "Corefile")
    until("containerd", lambda: cluster.ctr("version"))
    start(layout, *control_plane.kubelet(layout))
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGCHLD})
    while True:  # the first process of a pid namespace inherits every orphan
        while os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG):
            pass
        signal.sigwait({signal.SIGCHLD})


def _mounts() -> None:
    """What the node writes to the usual places is not the host's. Shared: pods with HostToContainer see what is mounted later."""
    for folder in ("/run", "/var/lib", "/var/log"):
        run("mount", "-t", "tmpfs", "tmpfs", folder)
    run("mount", "--make-rshared", "/")


def network(layout: Layout) -> None:
    until("link", lambda: "eth0" in (name for _, name in socket.if_nameindex()))
    run("ip", "link", "set", "lo", "up")
    run("ip", "address", "add", f"{layout.node}/30", "dev", "eth0")
    run("ip", "link", "set", "eth0", "up")
    run("ip", "route", "add", "default", "via", layout.host)
    Path("/proc/sys/net/ipv4/ip_forward").write_text("1")


def _bind_lxcfs() -> None:
    for name in VIEWED:
        (BOUND / name).parent.mkdir(parents=True, exist_ok=True)
        (BOUND / name).touch()
        run("mount", "--bind", LXCFS / name, BOUND / name)


def start(layout: Layout, *command: object) -> subprocess.Popen[bytes]:
    with (layout.logs / f"{command[0]}.log").open("ab") as log:
        return subprocess.Popen(
            [str(word) for word in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )


if __name__ == "__main__":
    os.environ["PATH"] = f"{BINARIES}:{os.environ['PATH']}"
    here = Layout(int(sys.argv[1]))
    main(here, Cluster.of(here))
