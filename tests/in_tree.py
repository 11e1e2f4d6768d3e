"""What a real API server does to a pod around the webhooks, as far as it meets richpod: a small model for tests.

A creation runs through the in-tree plug-ins, then the webhooks. If a webhook changed the pod, plug-ins and webhooks run once
more, and never a third time. (The real one leaves out webhooks after which nothing changed; asking them is the harder test.)
Each patch is followed by the defaulting of v1. Seen on Kubernetes 1.36: the plug-ins' order, the token mount that a mount at the
same path prevents, LimitRange defaults with their annotation (overwritten by the second run), overhead and scheduling of a
RuntimeClass, and that nothing in-tree runs after the second round of webhooks.
"""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]
Webhook = Callable[[Json], Json]
"""A pod in, the pod it makes of it out. The pod it gets is its own."""

TOKEN_PATH = "/var/run/secrets/kubernetes.io/serviceaccount"
TOKEN_VOLUME = "kube-api-access-x7k2p"


class Rejected(Exception):
    """The API server answers 4xx."""


@dataclass(frozen=True)
class RuntimeClass:
    overhead: Json | None = None
    node_selector: dict[str, str] = field(default_factory=dict)
    tolerations: tuple[Json, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """Admission-relevant objects of a cluster."""

    runtime_classes: dict[str, RuntimeClass] = field(default_factory=dict)
    limit_range: dict[str, dict[str, str]] = field(default_factory=dict)
    """`default` and `defaultRequest` of the namespace's LimitRange."""


def create(pod: Json, webhooks: list[Webhook], cluster: Cluster = Cluster()) -> Json:
    """The pod that is stored. Raises Rejected."""
    pod = decoded(deepcopy(pod))
    for _ in range(2):
        plug_ins(pod, cluster)
        before = deepcopy(pod)
        for webhook in webhooks:
            pod = decoded(webhook(deepcopy(pod)))
        if pod == before:
            break
    _overhead_must_fit(pod, cluster)
    return pod


def plug_ins(pod: Json, cluster: Cluster) -> None:
    """One run of the mutating plug-ins, in place."""
    service_account(pod)
    limit_ranger(pod, cluster)
    runtime_class(pod, cluster)
    priority(pod)
    default_tolerations(pod)


def decoded(value: Json) -> Json:
    """Decoding drops nulls and empty lists; v1 fills its defaults."""
    pod: Json = _without_nulls(value)
    spec = pod["spec"]
    for key, default in (("restartPolicy", "Always"), ("dnsPolicy", "ClusterFirst"), ("schedulerName", "default-scheduler")):
        spec.setdefault(key, default)
    spec.setdefault("terminationGracePeriodSeconds", 30)
    spec.setdefault("securityContext", {})
    for container in containers(pod):
        container.setdefault("imagePullPolicy", "IfNotPresent")
        container.setdefault("terminationMessagePath", "/dev/termination-log")
        container.setdefault("terminationMessagePolicy", "File")
        resources = container.setdefault("resources", {})
        if limits := resources.get("limits"):
            resources["requests"] = {**limits, **resources.get("requests", {})}
        for port in container.get("ports") or ():
            port.setdefault("protocol", "TCP")
    for volume in spec.get("volumes") or ():
        if "hostPath" in volume:
            volume["hostPath"].setdefault("type", "")
        for kind in ("configMap", "secret", "projected", "downwardAPI"):
            if kind in volume:
                volume[kind].setdefault("defaultMode", 420)
    return pod


def containers(pod: Json) -> Iterator[Json]:
    yield from pod["spec"].get("initContainers") or ()
    yield from pod["spec"]["containers"]


def service_account(pod: Json) -> None:
    spec = pod["spec"]
    spec.setdefault("serviceAccountName", "default")
    if spec.get("automountServiceAccountToken") is False:
        return
    missing = [c for c in containers(pod) if all(m["mountPath"] != TOKEN_PATH for m in c.get("volumeMounts") or ())]
    if not missing:
        return
    volumes = spec.setdefault("volumes", [])
    name = next((v["name"] for v in volumes if v["name"].startswith("kube-api-access-")), None)
    if name is None:
        name = TOKEN_VOLUME
        sources = [{"serviceAccountToken": {"expirationSeconds": 3607, "path": "token"}}]
        volumes.append({"name": name, "projected": {"defaultMode": 420, "sources": sources}})
    for container in missing:
        container.setdefault("volumeMounts", []).append({"name": name, "readOnly": True, "mountPath": TOKEN_PATH})


def limit_ranger(pod: Json, cluster: Cluster) -> None:
    said = []
    for container in containers(pod):
        given = container.setdefault("resources", {})
        for section, defaults in (("limits", "default"), ("requests", "defaultRequest")):
            for key, value in cluster.limit_range.get(defaults, {}).items():
                if key not in given.get(section, {}):
                    given.setdefault(section, {})[key] = value
                    said.append(f"{key} {section[:-1]} for container {container['name']}")
    if said:
        annotations = pod["metadata"].setdefault("annotations", {})
        annotations["kubernetes.io/limit-ranger"] = f"LimitRanger plugin set: {'; '.join(said)}"


def runtime_class(pod: Json, cluster: Cluster) -> None:
    spec = pod["spec"]
    if "runtimeClassName" not in spec:
        return
    found = cluster.runtime_classes.get(spec["runtimeClassName"])
    if found is None:
        raise Rejected(f'RuntimeClass "{spec["runtimeClassName"]}" not found')
    if found.overhead is not None and spec.setdefault("overhead", found.overhead) != found.overhead:
        raise Rejected("Pod's Overhead doesn't match RuntimeClass's defined Overhead")
    selector = spec.get("nodeSelector") or {}
    if any(selector.get(key, value) != value for key, value in found.node_selector.items()):
        raise Rejected("conflict: runtimeClass.scheduling.nodeSelector")
    if found.node_selector:
        spec["nodeSelector"] = {**selector, **found.node_selector}
    _tolerate(spec, list(found.tolerations))


def _overhead_must_fit(pod: Json, cluster: Cluster) -> None:
    name = pod["spec"].get("runtimeClassName")
    if name is None:
        return
    found = cluster.runtime_classes.get(name)
    if found is None or pod["spec"].get("overhead") != found.overhead:
        raise Rejected("Pod's Overhead doesn't match RuntimeClass's defined Overhead")


def priority(pod: Json) -> None:
    pod["spec"].setdefault("priority", 0)
    pod["spec"].setdefault("preemptionPolicy", "PreemptLowerPriority")


def default_tolerations(pod: Json) -> None:
    keys = ("node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable")
    _tolerate(pod["spec"], [{"key": k, "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 300} for k in keys])


def _tolerate(spec: Json, wanted: list[Json]) -> None:
    missing = [toleration for toleration in wanted if toleration not in spec.get("tolerations", [])]
    if missing:
        spec.setdefault("tolerations", []).extend(deepcopy(missing))


_PLAIN_MAPS = ("annotations", "labels", "limits", "nodeSelector", "requests")


def _without_nulls(value: Any) -> Any:
    """Nulls, empty lists and empty maps of strings are absent once decoded; empty objects (`emptyDir: {}`) stay."""
    if isinstance(value, dict):
        kept = {k: _without_nulls(v) for k, v in value.items() if v is not None and v != []}
        return {k: v for k, v in kept.items() if v != {} or k not in _PLAIN_MAPS}
    if isinstance(value, list):
        return [_without_nulls(v) for v in value]
    return value
