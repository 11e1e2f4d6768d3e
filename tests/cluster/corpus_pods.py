"""The corpus on its way to an API server: each workload's pod as its controller sends it, and what pods name made first."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from webhook.admission.workloads import Workload, pod, workloads
from webhook.cli import documents, preview, sources
from webhook.errors import BadInput
from webhook.policy_file import parse

from ..corpus.files import manifests
from .access import Cluster, Object

OWNER_UID = "705ab4f5-6393-11e8-b7cc-42010a800002"


def corpus_workloads(folder: Path) -> Iterator[Workload]:
    """Of every manifest that kubectl could read."""
    for path in manifests(folder):
        try:
            (file,) = documents.files(sources.texts([str(path)]))
        except BadInput:
            continue
        for document in file.documents:
            yield from workloads(document.data)


def in_namespace(workload: Workload, namespace: str) -> Object:
    """The workload's object, moved there."""
    return {**workload.object, "metadata": {**(workload.object.get("metadata") or {}), "namespace": namespace}}


def sent(workload: Workload, namespace: str) -> Object:
    """The pod of a create request: what the command decides about, and the uid of its owner."""
    created = pod(workload, namespace)
    owners = created["metadata"].get("ownerReferences") or ()
    owned = {"ownerReferences": [{"uid": OWNER_UID, **owner} for owner in owners]} if owners else {}
    return {**created, "metadata": {**created["metadata"], **owned}}


def printed(found: list[Workload], namespace: str, labels: dict[str, str], policy: str) -> list[list[Object] | None]:
    """The patch that the command prints for each workload in a namespace with these labels; None: it refuses the pod."""
    circumstances = preview.Circumstances(parse(policy), namespace, {namespace: labels})
    patches: list[list[Object] | None] = []
    for workload in found:
        text = json.dumps(in_namespace(workload, namespace))
        try:
            (seen,) = preview.previews(documents.files([("corpus", text)]), circumstances)
        except BadInput:
            patches.append(None)
        else:
            patches.append(None if seen.outcome.refused else seen.outcome.operations)
    return patches


@contextmanager
def named_objects(cluster: Cluster, pods: list[Object], namespaces: list[str]) -> Iterator[None]:
    """All service accounts, priority classes and runtime classes that pods name, as far as the API server takes their names."""
    specs = [pod.get("spec") or {} for pod in pods]
    accounts = _values(specs, "serviceAccountName") | _values(specs, "serviceAccount")
    objects = [_named("v1", "ServiceAccount", name, namespace=place) for place in namespaces for name in accounts]
    objects += [_named("scheduling.k8s.io/v1", "PriorityClass", name) | {"value": 1000} for name in _values(specs, "priorityClassName")]
    objects += [_named("node.k8s.io/v1", "RuntimeClass", name) | {"handler": "other"} for name in _values(specs, "runtimeClassName")]
    made = _create(cluster, objects)
    try:
        yield
    finally:
        cluster.kubectl("delete", *(name for name in made if not name.startswith("serviceaccount/")))


def _values(specs: list[Object], key: str) -> set[str]:
    return {spec[key] for spec in specs if re.fullmatch(r"[a-z0-9][a-z0-9.-]*", str(spec.get(key)))}


def _named(api_version: str, kind: str, name: str, **metadata: str) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, **metadata}}


def _create(cluster: Cluster, objects: list[Object]) -> list[str]:
    """Names, with their kinds, of those that were not there yet and that the API server took."""
    listed: Any = {"apiVersion": "v1", "kind": "List", "items": objects}
    try:
        return cluster.kubectl("create", "-o", "name", "-f", "-", input=json.dumps(listed)).split()
    except subprocess.CalledProcessError as error:
        return str(error.stdout).split()
