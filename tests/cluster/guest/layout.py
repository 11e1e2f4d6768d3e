"""Where a guest lives: a cluster like the others, whose control plane is on this machine and whose node is behind it."""

from pathlib import Path

from ..layout import Layout

GATEWAY = "198.18.1.1"
"""The control plane's end of the link between it and the guest, which is inside the network namespace of this cluster."""


class Guest(Layout):
    """What it shares with this machine is its folder, at the same path there."""

    @property
    def kubelet(self) -> str:
        return "198.18.1.2"

    @property
    def containerd(self) -> Path:
        """The shared folder holds no sockets of the guest."""
        return Path("/run/containerd.sock")


ONLY = Guest(9)
"""Two of them would be too slow for any test."""
