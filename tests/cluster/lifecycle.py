"""Starting and ending a cluster. Starting first ends whatever is left of an earlier one, however that one ended."""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import build, cgroups, configuration, credentials, image
from .access import Cluster, Object, ready
from .layout import API_PORT, API_SERVICE, NODE, Layout, started
from .pins import BINARIES, CACHE
from .processes import print_logs, run, until

PROJECT = Path(__file__).resolve().parents[2]
PROGRAMS = ("runc", "iptables", "ip", "lxcfs", "nsenter", "setsid", "unshare", "go", "gcc", "busybox", "mmdebstrap")
KERNEL = Path("/proc/sys")
KERNEL_SETTINGS = (
    "vm/overcommit_memory",
    "kernel/panic",
    "kernel/panic_on_oops",
    "kernel/keys/root_maxkeys",
    "kernel/keys/root_maxbytes",
)
"""What a kubelet sets for the whole machine."""
SAVED = "kernel.json"
"""What they were before the first cluster; the last that ends sets them back."""
GVISOR: Object = {
    "apiVersion": "node.k8s.io/v1",
    "kind": "RuntimeClass",
    "metadata": {"name": "gvisor"},
    "handler": "runsc",
    "overhead": {"podFixed": {"cpu": "10m", "memory": "16Mi"}},
}


def missing() -> str:
    """Why no node can be started on this machine; empty if one can."""
    if os.geteuid():
        return "a node needs root"
    absent = [program for program in PROGRAMS if not shutil.which(program)]
    absent += [] if configuration.CNI_PLUGINS.exists() else [str(configuration.CNI_PLUGINS)]
    return f"not installed: {', '.join(absent)} (run tests/cluster/packages.sh)" if absent else ""


def running(layout: Layout) -> Cluster | None:
    """The cluster, if its node is Ready."""
    if cgroups.first_process(layout.name) is None:
        return None
    cluster = Cluster.of(layout)
    try:
        return cluster if node_ready(cluster) else None
    except subprocess.CalledProcessError:
        return None


def up(layout: Layout, restart_period: str | None = None) -> Cluster:
    """A cluster with a Ready node. If that fails the ends of all logs are on stderr, and nothing is left.

    `restart_period`: see `configuration.write`.
    """
    build.build(CACHE)
    down(layout)
    begun = time.monotonic()
    try:
        write_files(layout, restart_period)
        start_node(layout, f"{__package__}.node")
        cluster = Cluster.of(layout)
        until("containerd", lambda: cluster.ctr("version"))
        cluster.load(layout.run / "pause.tar")
        until("node", lambda: node_ready(cluster))
        cluster.apply(GVISOR)
        cluster.kubectl("wait", "--for=create", "serviceaccount/default", "--timeout=30s")
    except BaseException:
        print_logs(layout.logs)
        down(layout)
        raise
    print(f"  cluster: {time.monotonic() - begun:.1f} s", flush=True)
    return cluster


def down(layout: Layout) -> None:
    cgroups.kill(layout.name)
    cgroups.remove(layout.name)
    subprocess.run(["ip", "link", "delete", layout.name], capture_output=True, check=False)
    settings = _settings_before()
    shutil.rmtree(layout.run, ignore_errors=True)
    if not started():
        for setting, value in settings.items():
            (KERNEL / setting).write_text(value)


def _settings_before() -> dict[str, str]:
    for saved in (layout.run / SAVED for layout in started()):
        if saved.exists():
            found: dict[str, str] = json.loads(saved.read_text())
            return found
    return {name: (KERNEL / name).read_text() for name in KERNEL_SETTINGS}


def write_files(layout: Layout, restart_period: str | None) -> None:
    settings = _settings_before()
    layout.run.mkdir(mode=0o700)
    (layout.run / SAVED).write_text(json.dumps(settings))
    layout.logs.mkdir()
    api_addresses = ("127.0.0.1", layout.node, API_SERVICE, "kubernetes.default.svc", "kubernetes.default")
    credentials.write(layout.credentials, f"https://{layout.node}:{API_PORT}", api_addresses, (NODE, layout.kubelet))
    configuration.write(layout, restart_period)
    pause = image.layer({"pause": BINARIES / "pause"}, folders={})
    image.write(configuration.PAUSE, layout.run / "pause.tar", [pause], Entrypoint=["/pause"])


def start_node(layout: Layout, module: str) -> None:
    cgroups.create(layout.name)
    namespaces = ("--pid", "--mount", "--net", "--mount-proc", "--fork", "--kill-child=SIGKILL")
    with (layout.logs / "node.log").open("ab") as log:
        subprocess.run(
            ["setsid", "--fork", "unshare", *namespaces, sys.executable, "-m", module, str(layout.number)],
            cwd=PROJECT,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )
    until("namespaces", lambda: cgroups.first_process(layout.name))
    node = cgroups.first_process(layout.name)
    run("ip", "link", "add", layout.name, "type", "veth", "peer", "name", "eth0", "netns", node)
    run("ip", "address", "add", f"{layout.host}/30", "dev", layout.name)
    run("ip", "link", "set", layout.name, "up")


def node_ready(cluster: Cluster) -> bool:
    return ready(json.loads(cluster.kubectl("get", "node", NODE, "-o", "json")))
