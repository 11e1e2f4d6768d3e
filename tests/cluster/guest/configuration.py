"""What a guest's kubelet and containerd have that others have not, and what the guest does with its folder once it has booted."""

from .. import control_plane
from .layout import GATEWAY, Guest

USUAL, WRITABLE = "runc", "writable"
"""Handlers, and RuntimeClasses of the same names; pods of the second may write their control groups."""
SHARE = "host"
"""By which the guest mounts its folder: see node.service."""
ROOT, STATE, KUBELET = "/var/lib/containerd", "/run/containerd", "/var/lib/kubelet"
"""What containers are made of is the guest's own: users of user namespaces must reach it, and its file systems know them."""


def write(layout: Guest) -> None:
    """Into the folder that `..configuration` has written."""
    containerd = layout.run / "containerd.toml"
    own = containerd.read_text().replace(f"{layout.run}/containerd/root", ROOT).replace(f"{layout.run}/containerd/state", STATE)
    containerd.write_text(own + _runtimes())
    network = layout.run / "cni/10-pods.conflist"
    network.write_text(network.read_text().replace("fixed-address", "host-local"))  # the guest has no Python
    (layout.run / "start").write_text(_start(layout))


def _runtimes() -> str:
    runtimes = "plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes"
    return f"""[{runtimes}.{USUAL}.options]
  SystemdCgroup = true
[{runtimes}.{WRITABLE}]
  runtime_type = 'io.containerd.runc.v2'
  cgroup_writable = true
[{runtimes}.{WRITABLE}.options]
  SystemdCgroup = true
"""


def _start(layout: Guest) -> str:
    """What node.service runs."""
    return f"""hostname node-1
ip address add {layout.kubelet}/30 dev eth0
ip link set eth0 up
ip route add default via {GATEWAY}
sysctl --quiet --write net.ipv4.ip_forward=1
mkdir -p {layout.run}
mount --bind /{SHARE} {layout.run}
{_unit(layout, "containerd", f"--config={layout.run}/containerd.toml")}
until ctr --address={layout.containerd} version; do sleep 1; done
ctr --address={layout.containerd} --namespace=k8s.io images import {layout.run}/pause.tar
ctr --address={layout.containerd} --namespace=k8s.io images import {layout.run}/busybox.tar
{_unit(layout, *control_plane.kubelet(layout), f"--root-dir={KUBELET}")}
"""


def _unit(layout: Guest, *command: str) -> str:
    """A line that starts a service whose children, which are containers, live on."""
    log = f"append:{layout.logs}/{command[0]}.log"
    properties = {"Delegate": "yes", "KillMode": "process", "LimitNOFILE": "1048576", "TasksMax": "infinity"}
    properties |= {"StandardOutput": log, "StandardError": log}
    options = " ".join(f"--property={name}={value}" for name, value in properties.items())
    return f"systemd-run --unit={command[0]} {options} {' '.join(command)}"
