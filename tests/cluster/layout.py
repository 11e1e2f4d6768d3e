"""Where one cluster lives: its folder, link, addresses and cgroup. Clusters of different numbers run side by side."""

import os
from dataclasses import dataclass
from pathlib import Path

NODE = "node-1"
PODS = "198.18.0.0/24"
SERVICES = "198.19.0.0/24"
API_SERVICE = "198.19.0.1"
API_PORT = 6443
FOLDERS, PREFIX = Path("/tmp"), "rpc"


@dataclass(frozen=True)
class Layout:
    """Everything on the host that a cluster owns is named by its number: 0 for `make cluster`."""

    number: int

    @property
    def name(self) -> str:
        """Of the link and of the cgroup."""
        return f"{PREFIX}{self.number}"

    @property
    def run(self) -> Path:
        """All files of a running cluster. Short, because the path of a unix socket ends at 108 bytes."""
        return FOLDERS / self.name

    @property
    def credentials(self) -> Path:
        return self.run / "credentials"

    @property
    def kubeconfig(self) -> Path:
        return self.credentials / "admin.kubeconfig"

    @property
    def logs(self) -> Path:
        return self.run / "logs"

    @property
    def containerd(self) -> Path:
        return self.run / "containerd.sock"

    @property
    def registries(self) -> Path:
        """How containerd reaches registries: a folder HOST:PORT with hosts.toml for each, read at every pull."""
        return self.run / "certs.d"

    @property
    def host(self) -> str:
        """The host's end of the link: where the API server reaches a webhook. TEST-NET-3, which no machine owns."""
        return f"203.0.113.{4 * self.number + 1}"

    @property
    def node(self) -> str:
        """The node's end of the link: where the host reaches the API server."""
        return f"203.0.113.{4 * self.number + 2}"

    @property
    def kubelet(self) -> str:
        """Where the API server reaches the kubelet."""
        return self.node


def started() -> list[Layout]:
    """Those that have a folder."""
    return [Layout(int(folder.name.removeprefix(PREFIX))) for folder in sorted(FOLDERS.glob(f"{PREFIX}[0-9]"))]


OWN = Layout(int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")))
"""Of this process: where pytest-xdist runs several, each has a cluster of its own."""
