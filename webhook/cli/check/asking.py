"""What only the API server's own judgement tells: of pods, tried as dry runs, and of rights."""

from collections.abc import Iterable
from time import perf_counter

from webhook.admission.entries import ENFORCE, INJECT, PROFILE
from webhook.cli.check.facts import Json, Right, Trial
from webhook.cli.check.namespaces import labels_of
from webhook.cli.check.trials import beyond_baseline
from webhook.cluster import Cluster
from webhook.errors import ApiError
from webhook.installation import NAMESPACE, WEBHOOK
from webhook.policy import Policy

_REVIEWS = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
_GROUPS = ["system:serviceaccounts", f"system:serviceaccounts:{NAMESPACE}", "system:authenticated"]
"""Of every ServiceAccount of the installation."""


def default_level(cluster: Cluster, namespaces: list[Json], policy: Policy) -> Trial | None:
    """Tried in the namespace `default` where it has no label of those that count; not in the system's, which are often exempt."""
    found = [
        namespace["metadata"]["name"]
        for namespace in namespaces
        if not {ENFORCE, INJECT, PROFILE} & labels_of(namespace).keys() and namespace["metadata"]["name"] not in policy.excluded
    ]
    return tried(cluster, beyond_baseline("default" if "default" in found else found[0])) if found else None


def tried(cluster: Cluster, pod: Json) -> Trial:
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


def rights(cluster: Cluster, account: str, asked: Iterable[Right]) -> dict[Right, bool]:
    """Whether a ServiceAccount of the installation has them."""
    return {right: _may(cluster, f"system:serviceaccount:{NAMESPACE}:{account}", right) for right in asked}


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
    spec = {"user": user, "groups": _GROUPS, "resourceAttributes": attributes}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "spec": spec}
    return bool(cluster.create(_REVIEWS, review).object["status"]["allowed"])


def bindings(cluster: Cluster) -> list[Json]:
    """Of roles to the webhook's own account or a group that holds it, but for those that every API server makes."""
    account = {"kind": "ServiceAccount", "name": WEBHOOK, "namespace": NAMESPACE}
    named = [account, *({"kind": "Group", "name": group} for group in _GROUPS)]
    return [
        binding
        for plural in ("clusterrolebindings", "rolebindings")
        for binding in cluster.items(f"/apis/rbac.authorization.k8s.io/v1/{plural}")
        if "kubernetes.io/bootstrapping" not in (binding["metadata"].get("labels") or {})
        and any(one.items() <= subject.items() for subject in binding.get("subjects") or () for one in named)
    ]
