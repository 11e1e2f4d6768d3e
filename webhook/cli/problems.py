"""What is wrong with manifests: all of it at once, in the order of the files, each with its line."""

from collections.abc import Iterator

from webhook.admission import shape
from webhook.admission.workloads import workloads
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
            for error in shape.misshapen(workload):
                yield document.said((*path_in_lists(place), *pointed(error.path)), error.sentence)


def _misshapen_metadata(document: Document, manifest: Json, path: Path) -> Iterator[str]:
    """The metadata of any object is shaped like a pod's."""
    try:
        shape.check({"metadata": manifest.get("metadata"), "spec": {"containers": []}})
    except Malformed as error:
        yield document.said((*path, *pointed(error.path)), error.sentence)
