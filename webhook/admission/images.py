"""What the images of a pod run, found out before the pod is decided on: of which registries, as whom, until when."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from time import perf_counter
from typing import NamedTuple, get_args

from webhook.admission.metrics import LookupResult, Metrics
from webhook.admission.pipeline import Wanted
from webhook.admission.pod import Known
from webhook.errors import BadImage
from webhook.images.credentials import Keyring
from webhook.images.platform import Allowed, of_linux
from webhook.images.program import Programs
from webhook.images.reference import Reference, parse
from webhook.log import NAME_LENGTH, Log
from webhook.policy import Policy
from webhook.policy.images import Architecture
from webhook.printable import one_line

WAITING_LIMIT = 24 * 1024 * 1024
"""Bytes of all bodies whose pods wait for registries."""
MOST = 20
"""Images of one pod that are looked up."""


class Registries(NamedTuple):
    """Who can be asked: an image's programs on the platforms that are allowed, by the first keyring that opens; and a pod's
    keyrings, by its namespace and the names of its Secrets. Both are edges; the first raises BadImage.
    """

    programs: Callable[[Reference, Sequence[Keyring], Allowed], Awaitable[Programs]]
    keyrings: Callable[[str, Sequence[str]], Awaitable[Sequence[Keyring]]]


class Images:
    """Of one policy."""

    def __init__(self, policy: Policy, registries: Registries, metrics: Metrics, log: Log) -> None:
        self._listed = frozenset(policy.images.registries)
        self._architectures = frozenset(policy.images.architectures or get_args(Architecture))
        self._registries, self._metrics, self._log = registries, metrics, log
        self._waiting = 0
        metrics.lists(self._listed)

    async def known(self, wanted: Wanted, namespace: str, seconds: float, size: int) -> Known:
        """Of each container, within so many seconds; `size` bytes wait meanwhile. Raises nothing of a registry's."""
        images = list(dict.fromkeys(wanted.images.values()))
        if len(images) > MOST:
            return dict.fromkeys(wanted.images, BadImage(f"of a pod's images at most {MOST} are looked up"))
        if self._waiting + size > WAITING_LIMIT:
            return dict.fromkeys(wanted.images, BadImage("too many pods wait for registries; try again"))
        self._waiting += size
        try:
            end = asyncio.get_running_loop().time() + seconds
            keyrings = await self._keyrings(wanted, namespace, end)
            fits = of_linux(wanted.architectures & self._architectures)
            found = await asyncio.gather(*(self._timed(image, keyrings, fits, end) for image in images))
        finally:
            self._waiting -= size
        by_image = dict(zip(images, found, strict=True))
        for image, one in by_image.items():
            if isinstance(one, BadImage):
                self._log("image-unknown", namespace=one_line(namespace, NAME_LENGTH), image=one_line(image), why=str(one))
        return {container: by_image[image] for container, image in wanted.images.items()}

    async def _keyrings(self, wanted: Wanted, namespace: str, end: float) -> Sequence[Keyring]:
        try:
            async with asyncio.timeout_at(end):
                return await self._registries.keyrings(namespace, wanted.secrets)
        except TimeoutError:
            return ()

    async def _timed(self, image: str, keyrings: Sequence[Keyring], fits: Allowed, end: float) -> Programs | BadImage:
        started, registry = perf_counter(), ""
        result: LookupResult = "found"
        try:
            reference = parse(image)
            registry = reference.registry
            async with asyncio.timeout_at(end):
                return await self._registries.programs(reference, keyrings, fits)
        except TimeoutError:
            result = "late"
            return BadImage(f"{registry} did not answer in time")
        except BadImage as error:
            result = "unknown"
            return error
        finally:
            if registry in self._listed:
                self._metrics.looked_up(registry, result, perf_counter() - started)
