"""Namespaces whose pods the webhook treats, and words about the pods in a namespace."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from uuid import uuid4

import kubernetes

from webhook.admission.entries import INJECT
from webhook.inpod.contract import PREFIX

from .access import Cluster, Object, ready
from .creation import create
from .injection import injecting
from .pods import pod

INITS = ("launch", "dumb-init")


def policy(features: Mapping[str, object] | None = None, **sections: object) -> str:
    """One profile `default` with `launch` and these features; pods may choose others. `sections`: further ones of the policy."""
    allowed = ["hooks", "init", "lxcfs", "persist", "runtime", "services", "volumes"] + ["fixed-ip"] * ("fixedIP" in sections)
    default = {"features": {"init": "launch", **(features or {})}, "allow": allowed}
    image = {"prefix": "localhost", "tag": "test"}
    return json.dumps({"kubernetes": "1.36", "image": image, "profiles": {"default": default}, **sections})


@contextmanager
def opted_in(cluster: Cluster, policy_text: str, folder: Path) -> Iterator[dict[str, str]]:
    """Labels of namespaces whose pods get the default profile of this policy."""
    with injecting(cluster, policy_text, folder, f"pods-{uuid4().hex[:8]}") as labels:
        yield {INJECT: "true", **labels}


def asking(annotations: Mapping[str, object]) -> dict[str, str]:
    """richpod's annotations, by their names without the prefix."""
    return {PREFIX + key: str(value) for key, value in annotations.items()}


def verdicts(stored: Object) -> dict[str, str]:
    """Feature to outcome, as richpod wrote it on the pod; empty where it changed nothing."""
    status = stored["metadata"].get("annotations", {}).get(f"{PREFIX}status", '{"verdicts": {}}')
    found: dict[str, str] = json.loads(status)["verdicts"]
    return found


class Created(NamedTuple):
    stored: Object
    warnings: tuple[str, ...]


class End(NamedTuple):
    """How a container ended, as its pod's status says."""

    code: int
    reason: str
    message: str


@dataclass(frozen=True)
class Place:
    """One namespace. Pods have one container `main`, and are called `subject` where nothing else is said."""

    cluster: Cluster
    namespace: str

    def create(
        self, image: str, *command: str, name: str = "subject", ask: Mapping[str, object] | None = None, **fields: object
    ) -> Created:
        """`ask`: see `asking`; `fields`: of the container or, where it has none of that name, of the pod's spec.

        Not applied: kubectl would note everything on the pod again, and has no room for large values. And since a pod without
        a controller is wrapped only if it asks, `launch` is asked for.
        """
        whole = pod(self.namespace, image, *command)
        whole["metadata"] |= {"name": name, "annotations": asking({"init": "launch", **(ask or {})})}
        for key, value in fields.items():
            (whole["spec"]["containers"][0] if key in _OF_CONTAINERS else whole["spec"])[key] = value
        answer = create(self.cluster, whole, dry_run=False)
        assert answer.accepted, answer.body
        return Created(answer.body, answer.warnings)

    def started(self, name: str = "subject") -> Object:
        """The pod, when it is ready."""
        return self.cluster.wait_for_pod(self.namespace, name, ready)

    def end(self, name: str = "subject", seconds: int = 60) -> End:
        """How the container ended, when it has."""
        ended = _terminated(self.cluster.wait_for_pod(self.namespace, name, lambda seen: _terminated(seen) is not None, seconds))
        assert ended is not None
        return End(ended["exitCode"], ended["reason"], ended.get("message", ""))

    def output(self, name: str = "subject", seconds: int = 60) -> str:
        """What the container printed, when it has ended."""
        self.end(name, seconds)
        return self.cluster.kubectl("-n", self.namespace, "logs", name)

    def streams(self, name: str = "subject") -> dict[str, list[str]]:
        """Lines of the first container of a pod, by the stream on which they came, as the runtime noted them."""
        uid = self.cluster.kubectl("-n", self.namespace, "get", "pod", name, "-o", "jsonpath={.metadata.uid}")
        log = self.cluster.node.run / "pod-logs" / f"{self.namespace}_{name}_{uid}" / "main" / "0.log"
        found: dict[str, list[str]] = {"stdout": [], "stderr": []}
        for line in log.read_bytes().decode().split("\n")[:-1]:
            _, stream, _, text = line.split(" ", 3)
            found[stream].append(text)
        return found

    def await_line(self, line: str, name: str = "subject") -> None:
        """Follows the container's log until it says so."""
        self.started(name)
        log = kubernetes.client.CoreV1Api(self.cluster.api).read_namespaced_pod_log
        assert line in kubernetes.watch.Watch().stream(log, name=name, namespace=self.namespace)  # type: ignore[no-untyped-call]

    def stop(self, name: str = "subject") -> End:
        """Deletes the pod; how the container ended, which must happen within a quarter of a minute."""
        self.started(name)
        self.cluster.kubectl("-n", self.namespace, "delete", "pod", name, "--wait=false")
        return self.end(name, seconds=15)

    def inside(self, *command: str, name: str = "subject") -> str:
        return self.cluster.kubectl("-n", self.namespace, "exec", name, "--", *command)

    def argv(self, process: str | int, name: str = "subject") -> list[str]:
        """Of a process in the container, which needs `cat`; without empty words at its end."""
        return self.inside("cat", f"/proc/{process}/cmdline", name=name).rstrip("\0").split("\0")


_OF_CONTAINERS = (
    "args",
    "env",
    "imagePullPolicy",
    "lifecycle",
    "livenessProbe",
    "readinessProbe",
    "resources",
    "securityContext",
    "volumeMounts",
    "workingDir",
)


def _terminated(seen: Object) -> Object | None:
    statuses = seen.get("status", {}).get("containerStatuses") or [{}]
    ended: Object | None = statuses[0].get("state", {}).get("terminated")
    return ended
