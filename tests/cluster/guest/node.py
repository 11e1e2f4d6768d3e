"""The first process of a guest's cluster: starts its control plane on this machine, and its node as a machine of its own.

`python -m tests.cluster.guest.node NUMBER`, in new pid, mount and network namespaces. It and all others end with the guest.
"""

import os
import sys
from pathlib import Path

from .. import cgroups, control_plane
from ..access import Cluster
from ..node import ETCD, network, start
from ..pins import BINARIES
from ..processes import run, until
from .build import BOOTED, DISK
from .configuration import SHARE
from .layout import GATEWAY, Guest

MEMORY = "3G"
LINK = "guest"
VIRTIOFSD = Path("/usr/lib/qemu")


def main(layout: Guest, cluster: Cluster) -> None:
    cgroups.enter(layout.name)
    network(layout)
    run("ip", "tuntap", "add", "dev", LINK, "mode", "tap")
    run("ip", "address", "add", f"{GATEWAY}/30", "dev", LINK)
    run("ip", "link", "set", LINK, "up")
    share = layout.run / "share.sock"
    start(layout, "virtiofsd", f"--socket-path={share}", "-o", f"source={layout.run}", "--rlimit-nofile=0")
    until("virtiofsd", share.exists)
    guest = start(layout, *_machine(layout, share))
    start(layout, *control_plane.etcd(layout.run / "etcd", ETCD, "http://127.0.0.1:2380"))
    start(layout, *control_plane.api_server_with_node(layout, ETCD))
    until("API server", lambda: cluster.kubectl("get", "--raw=/readyz"))
    start(layout, *control_plane.controller_manager(layout))
    start(layout, *control_plane.scheduler(layout))
    guest.wait()


def _machine(layout: Guest, share: Path) -> list[str]:
    """QEMU's argv. Emulated, and so slow, on every machine alike; what it writes to its disk is gone with it."""
    kernel, initrd = BOOTED
    options = {
        "machine": "q35,memory-backend=memory",
        "accel": "tcg,thread=multi,tb-size=1024",
        "cpu": "max",
        "smp": "2",
        "m": MEMORY,
        "object": f"memory-backend-memfd,id=memory,size={MEMORY},share=on",
        "kernel": str(kernel),
        "initrd": str(initrd),
        "append": "root=/dev/vda rw console=ttyS0 quiet panic=-1 net.ifnames=0 mitigations=off audit=0 apparmor=0",
        "serial": f"file:{layout.logs}/console.log",
        "monitor": "none",
        "drive": f"file={DISK},format=raw,if=virtio,cache=unsafe,snapshot=on",
        "chardev": f"socket,id=share,path={share}",
        "netdev": f"tap,id=link,ifname={LINK},script=no,downscript=no",
    }
    devices = (f"vhost-user-fs-pci,chardev=share,tag={SHARE}", "virtio-net-pci,netdev=link,romfile=", "virtio-rng-pci")
    words = [word for name, value in options.items() for word in (f"-{name}", value)]
    words += [word for device in devices for word in ("-device", device)]
    return ["qemu-system-x86_64", "-nodefaults", "-no-user-config", "-no-reboot", "-nographic", *words]


if __name__ == "__main__":
    os.environ["PATH"] = f"{BINARIES}:{VIRTIOFSD}:{os.environ['PATH']}"
    here = Guest(int(sys.argv[1]))
    main(here, Cluster.of(here))
