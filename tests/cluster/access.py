"""A running cluster as its users see it: the same words for the whole node and for the API server alone."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import kubernetes

from . import cgroups
from .layout import Layout
from .pins import BINARIES
from .processes import run

Object = dict[str, Any]
"""Any Kubernetes object."""


@dataclass(frozen=True)
class Cluster:
    """`host` is the address at which the API server reaches a server on this machine, a webhook for example."""

    kubeconfig: Path
    kubectl_program: Path
    host: str
    layout: Layout | None = None
    """Of the node; None: there is only an API server, pods never run and namespaces never finish deleting."""

    @classmethod
    def of(cls, layout: Layout) -> Self:
        return cls(layout.kubeconfig, BINARIES / "kubectl", layout.host, layout)

    @cached_property
    def api(self) -> Any:
        """The official client's ApiClient: `kubernetes.client.CoreV1Api(cluster.api)`."""
        return kubernetes.config.new_client_from_config(str(self.kubeconfig))  # type: ignore[no-untyped-call]

    def kubectl(self, *arguments: object, input: str | None = None) -> str:
        """Its stdout. Raises CalledProcessError, with what kubectl said in `stderr`."""
        cache = self.kubeconfig.parent / "kubectl-cache"
        return run(self.kubectl_program, f"--kubeconfig={self.kubeconfig}", f"--cache-dir={cache}", *arguments, input=input)

    def apply(self, *objects: Object) -> list[Object]:
        """The objects as the API server has stored them, in the same order."""
        listed = {"apiVersion": "v1", "kind": "List", "items": objects}
        stored: Object = json.loads(self.kubectl("apply", "-f", "-", "-o", "json", input=json.dumps(listed)))
        return stored["items"] if stored["kind"] == "List" else [stored]

    def wait_for_pod(self, namespace: str, name: str, condition: Callable[[Object], bool], seconds: int = 60) -> Object:
        """Watches a pod, which need not exist yet, and returns it as it is when the condition holds for the first time."""
        core = kubernetes.client.CoreV1Api(self.api)
        seen: Object = {}
        watch = kubernetes.watch.Watch()  # type: ignore[no-untyped-call]
        this = f"metadata.name={name}"
        for event in watch.stream(core.list_namespaced_pod, namespace, field_selector=this, timeout_seconds=seconds):  # type: ignore[no-untyped-call]
            seen = event["raw_object"]
            if condition(seen):
                return seen
        happened = self.kubectl("-n", namespace, "get", "events", f"--field-selector=involvedObject.name={name}")
        raise TimeoutError(f"pod {namespace}/{name} after {seconds} s: {json.dumps(seen.get('status'))}\n{happened}")

    def output(self, pod: Object) -> str:
        """What the container of a new pod prints, from its start to its end."""
        namespace, name = pod["metadata"]["namespace"], pod["metadata"]["name"]
        self.apply(pod)
        self.wait_for_pod(namespace, name, finished)
        return self.kubectl("-n", namespace, "logs", name)

    def answer(self, namespace: str, pod: str, port: int, path: str) -> str:
        """What a pod answers over HTTP, asked by the API server."""
        return self.kubectl("get", f"--raw=/api/v1/namespaces/{namespace}/pods/{pod}:{port}/proxy/{path}")

    def ctr(self, *arguments: object) -> str:
        """containerd's own client, for what Kubernetes has no words for."""
        return run(BINARIES / "ctr", f"--address={self.node.containerd}", "--namespace=k8s.io", *arguments)

    def load(self, archive: Path) -> None:
        """Makes the images of an OCI archive known to the node; pods name them with `imagePullPolicy: Never`."""
        self.ctr("images", "import", archive)

    def on_node(self, *command: object) -> str:
        """What a command prints in the node's own pid, mount, network and cgroup namespaces."""
        return run("nsenter", f"--target={cgroups.first_process(self.node.name)}", "--all", *command)

    @property
    def node(self) -> Layout:
        if self.layout is None:
            raise LookupError("this is an API server alone: it has no node")
        return self.layout


def ready(pod: Object) -> bool:
    """Of a pod; a node's status has the same form."""
    conditions = pod.get("status", {}).get("conditions") or []
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def finished(pod: Object) -> bool:
    return pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
