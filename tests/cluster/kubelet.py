"""The node's kubelet, ended and started again while its pods run."""

from . import control_plane
from .access import Cluster
from .pins import BINARIES
from .processes import until

_START = """
for group in /sys/fs/cgroup/*/cgroup.procs; do echo 0 > "$group"; done 2> /dev/null
log=$1 PATH=$2:$PATH; shift 2; exec setsid "$@" >> "$log" 2>&1 < /dev/null &
"""


def restart(cluster: Cluster) -> None:
    """Returns when the new one answers."""
    layout = cluster.layout
    assert layout is not None
    old = cluster.on_node("pgrep", "--exact", "kubelet").strip()
    cluster.on_node("kill", old)
    until("end of the kubelet", lambda: old not in cluster.on_node("ps", "-A", "-o", "pid=").split())
    cluster.on_node("sh", "-c", _START, "sh", layout.logs / "kubelet.log", BINARIES, *control_plane.kubelet(layout))
    until("kubelet", lambda: cluster.kubectl("get", "--raw=/api/v1/nodes/node-1/proxy/healthz") == "ok")
