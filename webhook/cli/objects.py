"""The objects of documents, Lists flattened, and what the Namespaces among them say."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from webhook.admission import workloads
from webhook.admission.placement import misplaced_on_namespace
from webhook.cli.documents import Document, File, Path

Json = dict[str, Any]
Labels = Mapping[str, str]
Place = tuple[int, ...]
"""Indices in Lists that stand in each other; () outside of any."""


class Object(NamedTuple):
    document: Document
    manifest: Json
    place: Place


def objects(files: list[File]) -> Iterator[Object]:
    for file in files:
        for document in file.documents:
            yield from objects_of(document)


def objects_of(document: Document) -> Iterator[Object]:
    yield from (Object(document, manifest, place) for manifest, place in workloads.objects(document.data))


def namespaces(files: list[File]) -> tuple[dict[str, Labels], list[str]]:
    """Labels by name of every Namespace, and what is odd about them, a sentence each."""
    known: dict[str, Labels] = {}
    notes = []
    for document, manifest, _ in objects(files):
        if is_namespace(manifest):
            metadata = manifest.get("metadata") or {}
            name = metadata.get("name") or ""
            known[name] = metadata.get("labels") or {}
            notes += [f"Namespace {name} ({document}): {wrong.sentence}" for wrong in misplaced_on_namespace(metadata)]
    return known, notes


def is_namespace(manifest: Json) -> bool:
    return manifest.get("kind") == "Namespace" and manifest.get("apiVersion") == "v1"


def path_in_lists(place: Place) -> Path:
    return tuple(part for index in place for part in ("items", index))
