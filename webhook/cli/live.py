"""What a live cluster tells commands: the policy it runs, an object by its kind and name, and who made a pod."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import orjson

from webhook.admission.pod import controller
from webhook.cluster import Cluster
from webhook.errors import BadPolicy
from webhook.inpod.contract import OWN_LABEL, PREFIX
from webhook.installation import NAMESPACE, POLICY_CONFIG_MAP, POLICY_KEY, WEBHOOK
from webhook.policy import Policy
from webhook.policy.file import parse

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


_KIND, _NAME = re.compile("[A-Za-z0-9]+"), re.compile("[a-z0-9]([-a-z0-9.]*[a-z0-9])?")


class Owner(NamedTuple):
    """Of a pod: the controller that made it, or whatever made that."""

    api_version: str
    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind.lower()}/{self.name}"


class Stored(NamedTuple):
    """A policy, and the ConfigMap that holds it, whose name another version of richpod may have made."""

    config_map: str
    policy: Policy


def find(cluster: Cluster, kind: str, namespace: str, name: str) -> Json | None:
    """An object of one of the kinds that KINDS names."""
    prefix, plural = _RESOURCES[kind]
    return cluster.get(f"{prefix}/namespaces/{namespace}/{plural}/{name}")


def status(metadata: Json) -> Json | None:
    """What richpod wrote on a pod when it changed it; None where there is nothing of that shape. Its author can write it, too."""
    try:
        found = orjson.loads((metadata.get("annotations") or {}).get(f"{PREFIX}status", ""))
    except ValueError:
        return None
    if not isinstance(found, dict) or not isinstance(found.get("verdicts"), dict):
        return None
    words = (*found["verdicts"].values(), *(found.get(key, "") for key in ("version", "profile", "policy")))
    return found if all(isinstance(word, str) for word in words) else None


def owner_of(metadata: Json) -> Owner | None:
    """What the API server's garbage collector calls the managing owner; None where it is named as no object can be.

    Whoever creates a pod writes it, and nobody asks what: it must become no other path of the API, and no other command.
    """
    owner = controller(metadata)
    if owner and _KIND.fullmatch(owner["kind"]) and _NAME.fullmatch(owner["name"]):
        return Owner(owner["apiVersion"], owner["kind"], owner["name"])
    return None


def has_template(owner: Owner) -> bool:
    """Whether it is one of Kubernetes' own controllers, and not another of the same name."""
    return owner.kind in _RESOURCES and _RESOURCES[owner.kind][0].endswith(f"/{owner.api_version}")


def made_by(cluster: Cluster, owner: Owner, namespace: str) -> Owner:
    """The Deployment behind a ReplicaSet and the CronJob behind a Job; any other owner itself."""
    if owner.kind not in ("ReplicaSet", "Job") or not has_template(owner):
        return owner
    held = find(cluster, owner.kind, namespace, owner.name)
    return (owner_of(held["metadata"]) if held else None) or owner


def restart(namespace: str, owner: Owner | None, pods: list[str]) -> str:
    """What makes these pods anew, so that they are seen at creation."""
    match owner:
        case None:
            return f"kubectl -n {namespace} delete pod {' '.join(pods)}, then apply its own manifest again"
        case Owner(kind="Deployment" | "StatefulSet" | "DaemonSet"):
            return f"kubectl -n {namespace} rollout restart {owner}"
        case Owner(kind="CronJob"):
            return f"nothing: the next run of {owner} is seen"
        case Owner(kind="Job"):
            # What the API server gives back of a Job cannot be applied: it holds labels and a selector of the controller.
            return f"kubectl -n {namespace} delete {owner}, then apply its own manifest again"
    return f"kubectl -n {namespace} delete pod {' '.join(pods)}"


def running_policy(cluster: Cluster) -> Stored | None:
    """The one whose ConfigMap the webhook's Deployment mounts; None where there is no such Deployment.

    Raises BadPolicy where what it mounts is none.
    """
    webhook = find(cluster, "Deployment", NAMESPACE, WEBHOOK)
    if webhook is None:
        return None
    name = policy_config_map(webhook["spec"]["template"]["spec"])
    if not name:
        raise BadPolicy(f"Deployment {NAMESPACE}/{WEBHOOK} mounts no ConfigMap {POLICY_CONFIG_MAP}-HASH")
    return _held(cluster, name)


def served_policy(cluster: Cluster) -> Stored | None:
    """The one that a ready replica mounts, None where there is none: what answers while the Deployment names a broken one."""
    for pod in cluster.items(f"{_CORE}/namespaces/{NAMESPACE}/pods", labelSelector=f"{OWN_LABEL}={WEBHOOK}"):
        name = policy_config_map(pod["spec"])
        if name and ready(pod):
            with suppress(BadPolicy):
                return _held(cluster, name)
    return None


def ready(pod: Json) -> bool:
    conditions = (pod.get("status") or {}).get("conditions") or ()
    return any(condition["type"] == "Ready" and condition["status"] == "True" for condition in conditions)


def stays(stored: Json) -> bool:
    """Nothing new comes into what is being deleted, and nothing there is to be mended."""
    return stored["metadata"].get("deletionTimestamp") is None


def _held(cluster: Cluster, name: str) -> Stored:
    held = cluster.get(f"{_CORE}/namespaces/{NAMESPACE}/configmaps/{name}")
    if held is None or POLICY_KEY not in (held.get("data") or {}):
        raise BadPolicy(f"ConfigMap {NAMESPACE}/{name}, which pods of {WEBHOOK} mount, holds no {POLICY_KEY}")
    return Stored(name, parse(held["data"][POLICY_KEY], f"ConfigMap {NAMESPACE}/{name}"))


def policy_config_map(spec: Json) -> str:
    """The name of the policy's ConfigMap that a pod mounts, "" where it mounts none."""
    names = ((volume.get("configMap") or {}).get("name", "") for volume in spec.get("volumes") or ())
    return next((name for name in names if name.startswith(f"{POLICY_CONFIG_MAP}-")), "")
