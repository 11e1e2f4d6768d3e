"""What is wrong with manifests: all of it at once, in the order of the files, each with its line."""

from collections.abc import Iterator

from webhook.admission import shape
from webhook.admission.workloads import Workload, workloads
from webhook.cli.documents import Document, File, Path, pointed
from webhook.cli.objects import Json, is_namespace, objects_of, path_in_lists
from webhook.errors import BadInput, Malformed


def refuse_problems(files: list[File]) -> None:
    """Raises BadInput with a line for whatever cannot be read, or is of another type than Kubernetes has there."""
    problems = [problem for file in files for document in file.documents for problem in _problems(document)]
    if problems:
        raise BadInput("\n".join(problems))


def _problems(document: Document) -> Iterator[str]:
    if document.problem:
        yield document.problem
    for _, manifest, place in objects_of(document):
        if is_namespace(manifest):
            yield from _misshapen_metadata(document, manifest, path_in_lists(place))
        for workload in workloads(manifest, place):
            yield from _misshapen_workload(document, workload)


def _misshapen_workload(document: Document, workload: Workload) -> Iterator[str]:
    """What keeps a pod from being made of it, and the metadata around the pod's own from being read for advice."""
    at, held = path_in_lists(workload.place), workload.object
    for key in workload.path:
        yield from _misshapen_metadata(document, held, at)
        at, held = (*at, key), held.get(key)  # type: ignore[assignment]
        if not isinstance(held, dict):
            yield document.said(at, "is missing" if held is None else "is not a map")
            return
    yield from _misshapen(document, held, at)


def _misshapen_metadata(document: Document, manifest: Json, path: Path) -> Iterator[str]:
    """The metadata of any object is shaped like a pod's."""
    yield from _misshapen(document, {"metadata": manifest.get("metadata"), "spec": {"containers": []}}, path)


def _misshapen(document: Document, pod: Json, path: Path) -> Iterator[str]:
    try:
        shape.check(pod)
    except Malformed as error:
        yield document.said((*path, *pointed(error.path)), error.sentence)
