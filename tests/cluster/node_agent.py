"""The lxcfs node agent in a cluster, as its component installs it."""

import json
from typing import NamedTuple

from prometheus_client.parser import text_string_to_metric_families

from webhook.cli.manifests.lxcfs import component
from webhook.installation import HEALTH_PORT, LXCFS, LXCFS_NAMESPACE
from webhook.policy.file import parse

from .access import Cluster, Object, ready


class Agent(NamedTuple):
    cluster: Cluster
    namespace: str
    policy_text: str

    def apply(self) -> None:
        """Returns when the node has it."""
        self.cluster.apply(*_objects(self.policy_text, self.namespace))
        self.wait()

    def wait(self) -> None:
        self.kubectl("rollout", "status", f"daemonset/{LXCFS}", "--timeout=90s")

    def remove(self) -> None:
        """Returns when its pods have ended."""
        self.kubectl("delete", "daemonset", LXCFS, "--cascade=foreground")

    def kubectl(self, *arguments: object) -> str:
        return self.cluster.kubectl("-n", self.namespace, *arguments)

    def events(self) -> list[Object]:
        """What it has said since it last started: one JSON object in each line."""
        return [json.loads(line) for line in self.kubectl("logs", f"daemonset/{LXCFS}").splitlines()]

    def metrics(self) -> dict[str, float]:
        """Name, and label values behind it, to value."""
        shown = self.cluster.answer(self.namespace, self._pod()["metadata"]["name"], HEALTH_PORT, "metrics")
        families = text_string_to_metric_families(shown)
        return {" ".join([s.name, *s.labels.values()]): s.value for family in families for s in family.samples}

    def signal(self, signal: str, program: str = "") -> None:
        """To its processes, or to those alone whose name is `program`."""
        container = self._pod()["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
        group = f"$(find /sys/fs/cgroup -type d -name {container} | head -n 1)"
        ours = f'grep -qx "{program or ".*"}" /proc/$process/comm'
        each = f"if {ours}; then kill -{signal} $process; fi"
        self.cluster.on_node("sh", "-c", f"for process in $(cat {group}/cgroup.procs); do {each}; done")

    def _pod(self) -> Object:
        pods = json.loads(self.kubectl("get", "pods", "-o", "json"))["items"]
        return next(pod for pod in pods if ready(pod) or len(pods) == 1)


def _objects(policy_text: str, namespace: str = LXCFS_NAMESPACE) -> list[Object]:
    """The component's, in another namespace if need be."""
    moved: list[Object] = []
    for described, _ in component(parse(policy_text)).resources:
        key = "name" if described["kind"] == "Namespace" else "namespace"
        moved.append({**described, "metadata": {**described["metadata"], key: namespace}})
    return moved
