"""Reads from a cluster what the checks look at. Nothing is written: pods are tried as dry runs, rights are asked for."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from time import perf_counter
from typing import Any

from webhook.admission.context import Context
from webhook.admission.entries import ENFORCE, INJECT, PROFILE, entries
from webhook.certificates.stored import pair
from webhook.cli.check.facts import Facts, Json, Known, Pods, Right, T, Trial, Untreated, Waiting, known
from webhook.cli.check.missed import outdated, today, without_runtime
from webhook.cli.check.namespaces import labels_of, one_of_each
from webhook.cli.check.nodes import uses_lxcfs
from webhook.cli.check.rights import DANGEROUS, needed
from webhook.cli.check.trials import beyond_baseline, harmless
from webhook.cli.live import controller, find, made_by, running_policy, served_policy
from webhook.cli.pulls import unpulled
from webhook.cli.terminal import progress
from webhook.cluster import Cluster
from webhook.errors import ApiError, BadInput, BadPolicy
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import BOARD, CERTS, CONFIGURATION, LXCFS, LXCFS_NAMESPACE, NAMESPACE, SERVING_SECRET, WEBHOOK
from webhook.policy import Policy

_REGISTRATION = "/apis/admissionregistration.k8s.io/v1"
_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_INSTALL = "richpod manifests --policy policy.yaml --output-dir richpod; kubectl apply -k richpod"
_OWN = f"/api/v1/namespaces/{NAMESPACE}"


def gather(cluster: Cluster, given: Policy | None, now: datetime) -> Facts:
    """Everything, one thing after the other. Raises BadInput where there is no policy to check against, and ApiError where no
    API server answers."""
    version = cluster.get("/version") or {}
    running = _running(cluster)
    policy = given or _only(running, lambda: served_policy(cluster))
    namespaces = _listed(cluster, "/api/v1/namespaces")
    webhook_rights = _known(lambda: _rights(cluster, WEBHOOK, DANGEROUS))
    there: list[Json] = [] if isinstance(namespaces, ApiError) else namespaces
    return Facts(
        now=now,
        policy=policy,
        running=running,
        version=version,
        configuration=_known(lambda: cluster.get(f"{_REGISTRATION}/mutatingwebhookconfigurations/{CONFIGURATION}")),
        namespaces=namespaces,
        webhook=_known(lambda: find(cluster, "Deployment", NAMESPACE, WEBHOOK)),
        certs=_known(lambda: find(cluster, "Deployment", NAMESPACE, CERTS)),
        own_pods=_listed(cluster, f"{_OWN}/pods", labelSelector=f"{OWN_LABEL}={WEBHOOK}"),
        serving=_known(lambda: pair(cluster.get(f"{_OWN}/secrets/{SERVING_SECRET}"))),
        trials=_after(namespaces, lambda: [_tried(cluster, harmless(name)) for name in one_of_each(there, policy)]),
        unlabelled=_after(namespaces, lambda: _default_level(cluster, there, policy)),
        webhook_rights=webhook_rights,
        webhook_bindings=_after(webhook_rights, lambda: _bindings(cluster) if any(known(webhook_rights).values()) else []),
        certs_rights=_known(lambda: _rights(cluster, CERTS, needed(policy))),
        nodes=_listed(cluster, "/api/v1/nodes"),
        agents=_listed(cluster, f"/api/v1/namespaces/{LXCFS_NAMESPACE}/pods", labelSelector=f"{OWN_LABEL}={LXCFS}"),
        daemon_set=_known(lambda: find(cluster, "DaemonSet", LXCFS_NAMESPACE, LXCFS)),
        board=_known(lambda: cluster.get(f"{_OWN}/configmaps/{BOARD}")),
        runtime_classes=_listed(cluster, "/apis/node.k8s.io/v1/runtimeclasses"),
        required_policies=_listed(cluster, f"{_REGISTRATION}/validatingadmissionpolicies"),
        required_bindings=_listed(cluster, f"{_REGISTRATION}/validatingadmissionpolicybindings"),
        pods=_after(namespaces, lambda: _pods(cluster, there, policy)),
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


def _running(cluster: Cluster) -> Known[Policy | None] | BadPolicy:
    """A policy that was given is checked against, also where the cluster holds a broken one."""
    try:
        return _known(lambda: running_policy(cluster))
    except BadPolicy as error:
        return error


def _only(running: Known[Policy | None] | BadPolicy, served: Callable[[], Policy | None]) -> Policy:
    """Where none was given; `served` is asked for where the one that should run is broken."""
    if isinstance(running, Policy):
        return running
    if isinstance(running, BadPolicy) and (policy := served()):
        return policy
    if running is None:
        raise BadInput(
            f"there is no Deployment {NAMESPACE}/{WEBHOOK}; install richpod ({_INSTALL}) or name a policy: --policy FILE"
        )
    raise BadInput(f"no policy to check against: {running}; name one: --policy FILE")


def _stays(stored: Json) -> bool:
    """Nothing new comes into what is being deleted, and nothing there is to be mended."""
    return stored["metadata"].get("deletionTimestamp") is None


def _listed(cluster: Cluster, path: str, **query: str) -> Known[list[Json]]:
    return _known(lambda: [one for one in cluster.items(path, **query) if _stays(one)])


def _default_level(cluster: Cluster, namespaces: list[Json], policy: Policy) -> Trial | None:
    """Tried in the namespace `default` where it has no label of those that count; not in the system's, which are often exempt."""
    found = [
        namespace["metadata"]["name"]
        for namespace in namespaces
        if not {ENFORCE, INJECT, PROFILE} & labels_of(namespace).keys() and namespace["metadata"]["name"] not in policy.excluded
    ]
    return _tried(cluster, beyond_baseline("default" if "default" in found else found[0])) if found else None


def _tried(cluster: Cluster, pod: Json) -> Trial:
    """A pod, created as a dry run."""
    namespace, began = pod["metadata"]["namespace"], perf_counter()
    try:
        reply = cluster.create(f"/api/v1/namespaces/{namespace}/pods", pod, dryRun="All")
    except ApiError as error:
        # Admission says 403, too; of what the user cannot do RBAC alone speaks.
        if not error.status or "cannot create resource" in str(error):
            raise
        return Trial(namespace, _since(began), (), str(error))
    return Trial(namespace, _since(began), reply.warnings)


def _since(began: float) -> int:
    return round((perf_counter() - began) * 1000)


def _rights(cluster: Cluster, account: str, rights: Iterable[Right]) -> dict[Right, bool]:
    return {right: _may(cluster, f"system:serviceaccount:{NAMESPACE}:{account}", right) for right in rights}


def _may(cluster: Cluster, user: str, right: Right) -> bool:
    resource, _, subresource = right.resource.partition("/")
    attributes = {
        "verb": right.verb,
        "group": right.group,
        "resource": resource,
        "subresource": subresource,
        "name": right.name,
        "namespace": right.namespace,
    }
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}", "system:authenticated"]
    spec = {"user": user, "groups": groups, "resourceAttributes": attributes}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    return bool(cluster.create(_REVIEWS, review).object["status"]["allowed"])


def _bindings(cluster: Cluster) -> list[Json]:
    account = {"kind": "ServiceAccount", "name": WEBHOOK, "namespace": NAMESPACE}
    return [
        binding
        for plural in ("clusterrolebindings", "rolebindings")
        for binding in cluster.items(f"/apis/rbac.authorization.k8s.io/v1/{plural}")
        if any(account.items() <= subject.items() for subject in binding.get("subjects") or ())
    ]


def _pods(cluster: Cluster, namespaces: list[Json], policy: Policy) -> Pods:
    """Every running pod that an entry could see, judged one by one: no more than a page of them is held."""
    contexts = {e: Context(policy, e.profile, e.level) for e in entries(policy) if e.level is not None}
    asked = [n for n in namespaces if any(all(r.holds(labels_of(n)) for r in e.namespace) for e in contexts)]
    owner_of = cache(lambda owner, namespace: made_by(cluster, owner, namespace))
    seen, found, lxcfs, waiting = 0, [], [], []
    for namespace in progress(asked, "reading pods"):
        name, labels = namespace["metadata"]["name"], labels_of(namespace)
        running = "status.phase!=Succeeded,status.phase!=Failed"
        for pod in filter(_stays, cluster.items(f"/api/v1/namespaces/{name}/pods", fieldSelector=running)):
            seen += 1
            metadata, outcome, served = pod["metadata"], today(pod, labels, contexts), uses_lxcfs(pod)
            pull = unpulled(pod)
            first = controller(metadata) if outcome or served or pull else None
            owner = owner_of(first, name) if first else None
            if served:
                lxcfs.append(f"{name}/{owner or metadata['name']}")
            if pull:
                waiting.append(Waiting(name, metadata["name"], owner, outdated(metadata, policy), *pull))
            if outcome:
                without, refused = without_runtime(pod, labels, contexts), next(iter(outcome.refused), None)
                found.append(Untreated(name, metadata["name"], owner, outdated(metadata, policy), without, refused))
    return Pods(seen, found, tuple(lxcfs), tuple(waiting))
