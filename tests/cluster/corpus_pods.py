"""The corpus on its way to an API server: each workload's pod as its controller sends it, and what pods name made first."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from webhook.admission.workloads import Workload, pod, workloads
from webhook.cli import documents, sources
from webhook.errors import BadInput

from ..corpus.files import manifests
from .access import Cluster, Object
from .layout import OWN
from .sharing import alone

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


def printed(found: list[Workload], namespace: Object, policy: Path) -> list[Object | None]:
    """What `richpod dry-run -o json` prints for each workload in a namespace; None where it cannot read it."""
    name = namespace["metadata"]["name"]
    documents = dict(enumerate([namespace, *(in_namespace(workload, name) for workload in found)]))
    result = _dry_run(list(documents.values()), policy)
    if result.returncode == 2:
        for number in re.findall(r": document (\d+): ", result.stderr):
            del documents[int(number) - 1]
        result = _dry_run(list(documents.values()), policy)
    assert result.returncode in (0, 1), result.stderr
    places = list(documents)
    records = [json.loads(line) for line in result.stdout.splitlines()]
    by_place = {places[record["object"]["document"] - 1]: record for record in records}
    return [by_place.get(place) for place in range(1, len(found) + 1)]


def _dry_run(documents: list[Object], policy: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "webhook", "dry-run", "-f", "-", "--policy", str(policy), "-o", "json"]
    return subprocess.run(command, input="\n".join(map(json.dumps, documents)), capture_output=True, text=True, check=False)


@contextmanager
def named_objects(cluster: Cluster, pods: list[Object], namespaces: list[str]) -> Iterator[None]:
    """All service accounts, priority classes and runtime classes that pods name, as far as the API server takes their names.

    Classes belong to no namespace: other processes that want the same ones wait.
    """
    specs = [pod.get("spec") or {} for pod in pods]
    accounts = _values(specs, "serviceAccountName") | _values(specs, "serviceAccount")
    objects = [_named("v1", "ServiceAccount", name, namespace=place) for place in namespaces for name in accounts]
    objects += [
        _named("scheduling.k8s.io/v1", "PriorityClass", name) | {"value": 1000} for name in _values(specs, "priorityClassName")
    ]
    objects += [
        _named("node.k8s.io/v1", "RuntimeClass", name) | {"handler": "other"} for name in _values(specs, "runtimeClassName")
    ]
    with alone("corpus", OWN):
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
