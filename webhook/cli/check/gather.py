"""Reads from a cluster what the checks look at. Nothing is written: pods are tried as dry runs, rights are asked for."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from webhook.certificates.stored import pair
from webhook.cli.check.asking import bindings, default_level, rights, tried
from webhook.cli.check.facts import Facts, Json, Known, T, known
from webhook.cli.check.namespaces import one_of_each
from webhook.cli.check.pods import pods
from webhook.cli.check.registries import pulling
from webhook.cli.check.rights import DANGEROUS, needed
from webhook.cli.check.trials import harmless
from webhook.cli.live import find, stays
from webhook.cli.stored_policy import Stored, running_policy, served_policy
from webhook.cluster import Cluster
from webhook.errors import ApiError, BadInput, BadPolicy
from webhook.gateway.grants import stored
from webhook.gateway.replicas import election
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import (
    BOARD,
    CERTS,
    CONFIGURATION,
    GATEWAY,
    LXCFS,
    LXCFS_NAMESPACE,
    NAMESPACE,
    PULL_SECRETS_ROLE,
    SERVING_SECRET,
    WEBHOOK,
)
from webhook.policy import Policy

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_REGISTRATION = "/apis/admissionregistration.k8s.io/v1"
_INSTALL = "richpod manifests --policy policy.yaml --output-dir richpod; kubectl apply -k richpod"
_OWN = f"/api/v1/namespaces/{NAMESPACE}"
_SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
_DEFINITION = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{stored.PLURAL}.{stored.GROUP}"


def gather(cluster: Cluster, given: Policy | None, now: datetime) -> Facts:
    """Everything, one thing after the other. Raises BadInput where there is no policy to check against, and ApiError where no
    API server answers."""
    version = cluster.get("/version") or {}
    running = _running(cluster)
    config_map, policy = ("", given) if given else _only(running, lambda: served_policy(cluster))
    applied = running.policy if isinstance(running, Stored) else policy
    namespaces = _listed(cluster, "/api/v1/namespaces")
    webhook_rights = _known(lambda: rights(cluster, WEBHOOK, DANGEROUS))
    there: list[Json] = [] if isinstance(namespaces, ApiError) else namespaces
    return Facts(
        now=now,
        policy=policy,
        config_map=config_map,
        running=running.policy if isinstance(running, Stored) else running,
        version=version,
        configuration=_known(lambda: cluster.get(f"{_REGISTRATION}/mutatingwebhookconfigurations/{CONFIGURATION}")),
        namespaces=namespaces,
        webhook=_known(lambda: find(cluster, "Deployment", NAMESPACE, WEBHOOK)),
        certs=_known(lambda: find(cluster, "Deployment", NAMESPACE, CERTS)),
        own_pods=_listed(cluster, f"{_OWN}/pods", labelSelector=f"{OWN_LABEL}={WEBHOOK}"),
        serving=_known(lambda: pair(cluster.get(f"{_OWN}/secrets/{SERVING_SECRET}"))),
        trials=_after(namespaces, lambda: [tried(cluster, harmless(name)) for name in one_of_each(there, applied)]),
        unlabelled=_after(namespaces, lambda: default_level(cluster, there, policy)),
        webhook_rights=webhook_rights,
        webhook_bindings=_after(webhook_rights, lambda: bindings(cluster) if any(known(webhook_rights).values()) else []),
        certs_rights=_known(lambda: rights(cluster, CERTS, needed(policy))),
        credentials=_known(lambda: _credentials(cluster, policy)),
        pull_rights=_known(lambda: rights(cluster, WEBHOOK, pulling(applied))),
        pull_bindings=_listed(cluster, f"{_RBAC}/rolebindings", fieldSelector=f"metadata.name={PULL_SECRETS_ROLE}"),
        nodes=_listed(cluster, "/api/v1/nodes"),
        agents=_listed(cluster, f"/api/v1/namespaces/{LXCFS_NAMESPACE}/pods", labelSelector=f"{OWN_LABEL}={LXCFS}"),
        daemon_set=_known(lambda: find(cluster, "DaemonSet", LXCFS_NAMESPACE, LXCFS)),
        board=_known(lambda: cluster.get(f"{_OWN}/configmaps/{BOARD}")),
        runtime_classes=_listed(cluster, "/apis/node.k8s.io/v1/runtimeclasses"),
        required_policies=_listed(cluster, f"{_REGISTRATION}/validatingadmissionpolicies"),
        required_bindings=_listed(cluster, f"{_REGISTRATION}/validatingadmissionpolicybindings"),
        pods=_after(namespaces, lambda: pods(cluster, there, policy)),
        gateway=_known(lambda: find(cluster, "Deployment", NAMESPACE, GATEWAY)),
        gateway_pods=_listed(cluster, f"{_OWN}/pods", labelSelector=f"{OWN_LABEL}={GATEWAY}"),
        gateway_lease=_known(lambda: cluster.get(f"{election.PATH}/{GATEWAY}")),
        gateway_slices=_listed(cluster, _SLICES, labelSelector=f"kubernetes.io/service-name={GATEWAY}"),
        gateway_secrets=_known(lambda: {name: cluster.get(f"{_OWN}/secrets/{name}") for name in _named(applied)}),
        grants=_known(lambda: [*cluster.items(stored.PATH)] if cluster.get(_DEFINITION) else None),
    )


def _known(read: Callable[[], T]) -> Known[T]:
    """An API server that does not answer ends everything."""
    try:
        return read()
    except ApiError as error:
        if not error.status:
            raise
        return error


def _after(first: Known[Any], read: Callable[[], T]) -> Known[T]:
    """What cannot be known without another fact."""
    return first if isinstance(first, ApiError) else _known(read)


def _running(cluster: Cluster) -> Known[Stored | None] | BadPolicy:
    """A policy that was given is checked against, also where the cluster holds a broken one."""
    try:
        return _known(lambda: running_policy(cluster))
    except BadPolicy as error:
        return error


def _only(running: Known[Stored | None] | BadPolicy, served: Callable[[], Stored | None]) -> Stored:
    """Where none was given; `served` is asked for where the one that should run is broken."""
    if running is None:
        raise BadInput(
            f"there is no Deployment {NAMESPACE}/{WEBHOOK}; install richpod ({_INSTALL}) or name a policy: --policy FILE"
        )
    stored = _known(served) if isinstance(running, BadPolicy) else running
    if isinstance(stored, Stored):
        return stored
    raise BadInput(f"no policy to check against: {running}; name one: --policy FILE")


def _credentials(cluster: Cluster, policy: Policy) -> Json | None:
    name = policy.images.credentials
    return cluster.get(f"{_OWN}/secrets/{name}") if name else None


def _named(policy: Policy) -> set[str]:
    """Secrets, by upstreams."""
    return {upstream.credentials for upstream in policy.gateway.upstreams.values() if upstream.credentials}


def _listed(cluster: Cluster, path: str, **query: str) -> Known[list[Json]]:
    return _known(lambda: [one for one in cluster.items(path, **query) if stays(one)])
