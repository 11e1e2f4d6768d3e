"""The policy that a cluster runs, and the one that it serves."""

from contextlib import suppress
from typing import Any, NamedTuple

from webhook.cli.live import find, ready
from webhook.cluster import Cluster
from webhook.errors import BadPolicy
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import NAMESPACE, POLICY_CONFIG_MAP, POLICY_KEY, WEBHOOK
from webhook.policy import Policy
from webhook.policy.file import parse

Json = dict[str, Any]
_OWN = f"/api/v1/namespaces/{NAMESPACE}"


class Stored(NamedTuple):
    """A policy, and the ConfigMap that holds it, whose name another version of richpod may have made."""

    config_map: str
    policy: Policy


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
    for pod in cluster.items(f"{_OWN}/pods", labelSelector=f"{OWN_LABEL}={WEBHOOK}"):
        name = policy_config_map(pod["spec"])
        if name and ready(pod):
            with suppress(BadPolicy):
                return _held(cluster, name)
    return None


def _held(cluster: Cluster, name: str) -> Stored:
    held = cluster.get(f"{_OWN}/configmaps/{name}")
    if held is None or POLICY_KEY not in (held.get("data") or {}):
        raise BadPolicy(f"ConfigMap {NAMESPACE}/{name}, which pods of {WEBHOOK} mount, holds no {POLICY_KEY}")
    return Stored(name, parse(held["data"][POLICY_KEY], f"ConfigMap {NAMESPACE}/{name}"))


def policy_config_map(spec: Json) -> str:
    """The name of the policy's ConfigMap that a pod mounts, "" where it mounts none."""
    names = ((volume.get("configMap") or {}).get("name", "") for volume in spec.get("volumes") or ())
    return next((name for name in names if name.startswith(f"{POLICY_CONFIG_MAP}-")), "")
