"""What every manifest is: an object of Kubernetes, and why it is as it is, for whoever reads it."""

from typing import Any, NamedTuple

from webhook.inpod.contract import OWN_LABEL
from webhook.installation import NAMESPACE

Json = dict[str, Any]

RBAC = "rbac.authorization.k8s.io/v1"

INSTALLED = {"app.kubernetes.io/name": "richpod"}
"""Carried by every object, so that a cluster can be searched for what belongs to the installation."""


class Manifest(NamedTuple):
    """`why` becomes a comment above the object."""

    object: Json
    why: str = ""


def named(api_version: str, kind: str, name: str, namespace: str | None = NAMESPACE, **fields: Any) -> Json:
    """An object of the installation; `namespace` None is for kinds that belong to none."""
    place = {"namespace": namespace} if namespace else {}
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **place, "labels": dict(INSTALLED)}, **fields}


def own(workload: str) -> dict[str, str]:
    """Labels of a workload's pods, and what selects them. richpod's own pods are left alone by it (requirement 46)."""
    return {**INSTALLED, OWN_LABEL: workload}
