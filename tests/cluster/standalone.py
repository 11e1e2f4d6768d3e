"""etcd and kube-apiserver alone, as an ordinary user: admission is real, nothing runs."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.free_ports import free_ports

from . import control_plane, credentials
from .access import Cluster
from .processes import print_logs, until

LOOPBACK = "127.0.0.1"
PROGRAMS = ("etcd", "kube-apiserver", "kubectl")


def missing(assets: Path) -> str:
    """Why no API server can be started from the programs in this folder; empty if one can."""
    absent = [program for program in PROGRAMS if not (assets / program).exists()]
    return f"not in {assets}: {', '.join(absent)}" if absent else ""


@contextmanager
def api_server(assets: Path, *options: str) -> Iterator[Cluster]:
    """Ends with the block. `assets`: the folder that KUBEBUILDER_ASSETS names; `options`: more of kube-apiserver's."""
    with tempfile.TemporaryDirectory(prefix="richpod-api-server-") as folder, ExitStack() as started:
        run, (client, peer, port) = Path(folder), free_ports(3)
        credentials.write(run / "credentials", f"https://{LOOPBACK}:{port}", (LOOPBACK,))
        etcd = f"http://{LOOPBACK}:{client}"
        started.enter_context(_started(run, assets, control_plane.etcd(run / "etcd", etcd, f"http://{LOOPBACK}:{peer}")))
        kube_apiserver = [*control_plane.api_server(run / "credentials", etcd, LOOPBACK, port), *options]
        started.enter_context(_started(run, assets, kube_apiserver))
        cluster = Cluster(run / "credentials/admin.kubeconfig", assets / "kubectl", LOOPBACK)
        try:
            until("namespace default", lambda: cluster.kubectl("get", "namespace", "default"))
        except TimeoutError:
            print_logs(run)
            raise
        yield cluster


@contextmanager
def _started(run: Path, assets: Path, command: list[str]) -> Iterator[None]:
    program, *arguments = command
    with (run / f"{program}.log").open("wb") as log:
        process = subprocess.Popen([str(assets / program), *arguments], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()  # nothing it holds is needed again
        process.wait()
