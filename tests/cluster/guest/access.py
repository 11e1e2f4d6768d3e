"""A cluster whose node is a guest: the same words, answered more slowly."""

import shutil
from collections.abc import Callable
from pathlib import Path

from ..access import Cluster, Object

SLOWER = 5
"""How many times longer than a node of this machine an emulated one is waited for."""
NODE_POD: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "node", "namespace": "kube-system"},
    "spec": {
        "hostPID": True,
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                "name": "main",
                "image": "localhost/busybox:test",
                "imagePullPolicy": "Never",
                "command": ["sleep", "1000000"],
                "securityContext": {"privileged": True},
            }
        ],
    },
}
"""Through which commands run on the node."""


class GuestCluster(Cluster):
    def wait_for_pod(self, namespace: str, name: str, condition: Callable[[Object], bool], seconds: int = 60) -> Object:
        return super().wait_for_pod(namespace, name, condition, SLOWER * seconds)

    def ctr(self, *arguments: object) -> str:
        return self.on_node("ctr", f"--address={self.node.containerd}", "--namespace=k8s.io", *arguments)

    def load(self, archive: Path) -> None:
        shared = Path(shutil.copy(archive, self.node.run))
        super().load(shared)
        shared.unlink()

    def on_node(self, *command: object) -> str:
        """In the guest's own mount namespace, which has all of its control groups."""
        namespace, name = NODE_POD["metadata"]["namespace"], NODE_POD["metadata"]["name"]
        return self.kubectl("-n", namespace, "exec", name, "--", "nsenter", "-t", "1", "-m", *command)
