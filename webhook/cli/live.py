"""Objects of a live cluster by the words that kubectl has for them."""

from collections.abc import Iterator
from typing import Any

from webhook.cluster import Cluster

Json = dict[str, Any]

_APPS, _BATCH, _CORE = "/apis/apps/v1", "/apis/batch/v1", "/api/v1"
_RESOURCES = {
    "Pod": (_CORE, "pods"),
    "ReplicationController": (_CORE, "replicationcontrollers"),
    "DaemonSet": (_APPS, "daemonsets"),
    "Deployment": (_APPS, "deployments"),
    "ReplicaSet": (_APPS, "replicasets"),
    "StatefulSet": (_APPS, "statefulsets"),
    "CronJob": (_BATCH, "cronjobs"),
    "Job": (_BATCH, "jobs"),
}
"""Kind to where the API has it."""


def _words(kind: str, prefix: str, plural: str) -> Iterator[str]:
    """What kubectl takes, and what it prints: `deployment.apps`."""
    group = prefix.removeprefix(_CORE).removeprefix("/apis/").removesuffix("/v1")
    for word in (kind.lower(), plural):
        yield from (word, f"{word}.{group}") if group else (word,)


KINDS = {word: kind for kind, place in _RESOURCES.items() for word in _words(kind, *place)} | {
    "cj": "CronJob",
    "deploy": "Deployment",
    "ds": "DaemonSet",
    "po": "Pod",
    "rc": "ReplicationController",
    "rs": "ReplicaSet",
    "sts": "StatefulSet",
}
"""The words that kubectl has for each kind."""


def find(cluster: Cluster, kind: str, namespace: str, name: str) -> Json | None:
    """An object of one of the kinds that KINDS names."""
    prefix, plural = _RESOURCES[kind]
    return cluster.get(f"{prefix}/namespaces/{namespace}/{plural}/{name}")


def known(kind: str, api_version: str) -> bool:
    """Whether `find` finds such objects; another group may have a kind of the same name."""
    prefix = _CORE if api_version == "v1" else f"/apis/{api_version}"
    return kind in _RESOURCES and _RESOURCES[kind][0] == prefix


def ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def stays(stored: Json) -> bool:
    """Nothing new comes into what is being deleted, and nothing there is to be mended."""
    return stored["metadata"].get("deletionTimestamp") is None
