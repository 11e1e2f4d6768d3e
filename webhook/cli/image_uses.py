"""Where manifests leave it to an image what is run: containers of the application that name no command."""

from collections.abc import Iterator
from typing import NamedTuple

from webhook.admission.features.init import commands
from webhook.admission.pod import Pod
from webhook.admission.workloads import pod, workloads
from webhook.cli.documents import Document, File, Path, pointed
from webhook.cli.objects import objects, path_in_lists
from webhook.errors import BadImage, Skip
from webhook.images.reference import parse


class Use(NamedTuple):
    """`image` as the pod writes it, and its place in the document."""

    image: str
    document: Document
    path: Path

    def said(self, sentence: str) -> str:
        return self.document.said(self.path, sentence)


def by_image(files: list[File]) -> dict[str, list[Use]]:
    """The uses of each image, which people may write in several ways: the key is the shortest.

    The files have no problems.
    """
    found: dict[str, list[Use]] = {}
    for use in _uses(files):
        found.setdefault(_full(use.image), []).append(use)
    return {min((len(use.image), use.image) for use in uses)[1]: uses for uses in found.values()}


def _uses(files: list[File]) -> Iterator[Use]:
    for document, manifest, place in objects(files):
        for workload in workloads(manifest, place):
            found = Pod(pod(workload, ""), "")
            told = _told(found)
            for container in found.app_containers:
                image = container.raw.get("image")
                if image and not container.raw.get("command") and container.name not in told:
                    path = (*path_in_lists(place), *workload.path, *pointed(f"{container.path}/image"))
                    yield Use(image, document, path)


def _told(pod: Pod) -> frozenset[str]:
    """The containers whose program an annotation states; one that cannot be read states nothing."""
    try:
        return frozenset(commands(pod))
    except Skip:
        return frozenset()


def _full(image: str) -> str:
    try:
        return str(parse(image))
    except BadImage:
        return image
