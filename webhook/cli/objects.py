"""Objects of documents that are not pods but tell about them: Namespaces, and what only looks like a workload."""

from collections.abc import Iterator, Mapping
from typing import Any

from webhook.admission import shape
from webhook.admission.workloads import KINDS, workloads
from webhook.cli.advice import namespace_advice
from webhook.cli.documents import Document, File, Path, pointed
from webhook.errors import Malformed

Json = dict[str, Any]
Labels = Mapping[str, str]


def namespaces(files: list[File]) -> tuple[dict[str, Labels], list[str]]:
    """Labels by name of every Namespace, and what is odd about them, a sentence each. Raises BadInput."""
    known: dict[str, Labels] = {}
    notes = []
    for document, manifest, path in _objects(files):
        if manifest.get("kind") == "Namespace" and manifest.get("apiVersion") == "v1":
            check_metadata(document, manifest, path)
            metadata = manifest.get("metadata") or {}
            name = metadata.get("name") or ""
            known[name] = metadata.get("labels") or {}
            notes += [f"Namespace {name} ({document}): {sentence}" for sentence in namespace_advice(metadata)]
    return known, notes


def unknown_versions(files: list[File]) -> list[str]:
    """Objects whose kind holds pods, but not in the API version they name."""
    return [
        f"{manifest['kind']} ({document}): apiVersion {manifest.get('apiVersion')} has no such workload; left as it is"
        for document, manifest, _ in _objects(files)
        if str(manifest.get("kind")) in KINDS and not any(workloads(manifest))
    ]


def check(document: Document, pod: Any, path: Path) -> None:
    """Raises BadInput with the line of the first thing that is of another type than Kubernetes has there."""
    try:
        shape.check(pod)
    except Malformed as error:
        raise document.error((*path, *pointed(error.path)), error.sentence) from None


def check_metadata(document: Document, manifest: Json, path: Path) -> None:
    """The same for the metadata of any object: it is shaped like a pod's."""
    check(document, {"metadata": manifest.get("metadata"), "spec": {"containers": []}}, path)


def _objects(files: list[File]) -> Iterator[tuple[Document, Json, Path]]:
    """Every object and where it stands in its document, Lists flattened."""
    for file in files:
        for document in file.documents:
            yield from ((document, manifest, path) for manifest, path in _flattened(document.data, ()))


def _flattened(data: Any, path: Path) -> Iterator[tuple[Json, Path]]:
    if not isinstance(data, dict):
        return
    items = data.get("items")
    if data.get("kind") == "List" and isinstance(items, list):
        for index, item in enumerate(items):
            yield from _flattened(item, (*path, "items", index))
    else:
        yield data, path
