"""What images run, as their registries say it: found out once, told to those who may know.

Access is asked for each user: whose credentials no registry has accepted within the last minute learns nothing of what another
user's have brought in. Contents are kept by digest within their repository, and never change.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from sys import getsizeof
from time import monotonic

from webhook.errors import BadImage
from webhook.images import manifest
from webhook.images.authorization import Authorization
from webhook.images.cache import Cache
from webhook.images.credentials import Credential, Keyring
from webhook.images.failures import Denied, unlisted
from webhook.images.manifest import Index
from webhook.images.memory import Memory
from webhook.images.platform import Allowed, Platform
from webhook.images.program import Program, Programs, program
from webhook.images.reference import Reference
from webhook.images.registry import Client, Settings
from webhook.images.repository import Repository, Source
from webhook.printable import one_line

TAG_SECONDS = 60.0
"""For which a tag is taken to mean the same digest, and a user to have access."""
FOREVER = float("inf")
MIRROR_SECONDS = 3.0
"""For which one is waited for: a mirror that hangs must leave time for the registry."""
PLATFORMS = 32
"""The most that are read of one image."""
ROOM = 1 << 20
"""Bytes, of each kind of what is remembered."""


class Lookup:
    """Of `registries`, by host as names of images have it; `others`: how all others are asked, None where none is.

    To be used on one event loop. `now` is a clock, in seconds.
    """

    def __init__(
        self, registries: Mapping[str, Settings], others: Settings | None = None, now: Callable[[], float] = monotonic
    ) -> None:
        self._registries, self._others, self._now = registries, others, now
        self._clients: dict[str, Client] = {}
        self._authorizations: Memory[Source, Authorization] = Memory(ROOM)
        self._digests: Cache[tuple[Source, str], str] = Cache(ROOM, TAG_SECONDS, lambda digest: 500, now)
        self._contents: Cache[tuple[Source, str], Program | Index] = Cache(4 * ROOM, FOREVER, _size, now)

    async def programs(self, image: Reference, keyrings: Sequence[Keyring], allowed: Allowed) -> Programs:
        """What the image runs on every platform it has that is `allowed`. Raises BadImage.

        A mirror that has no answer is passed over; the kubelet tries one credential after the other, and so is done here.
        """
        settings = self._registries.get(image.registry, self._others)
        if settings is None:
            raise unlisted(image.registry)
        for mirror in settings.mirrors:
            with suppress(BadImage, TimeoutError):
                async with asyncio.timeout(MIRROR_SECONDS):
                    return await self._at(image._replace(registry=mirror), image.registry, settings, keyrings, allowed)
        return await self._at(image, image.registry, settings, keyrings, allowed)

    async def close(self) -> None:
        await self._digests.close()
        await self._contents.close()
        for client in self._clients.values():
            await client.close()

    async def _at(
        self, image: Reference, registry: str, settings: Settings, keyrings: Sequence[Keyring], allowed: Allowed
    ) -> Programs:
        """At one host, with the first credential that it takes."""
        client = self._clients.get(registry) or self._clients.setdefault(registry, Client(settings))
        denied = Denied("")
        for credential in dict.fromkeys(_credentials(image, keyrings)):
            source = Source(registry, image.registry, image.repository, credential)
            repository = Repository(source, client.fetch, not settings.plain_http, self._authorizations, self._now)
            try:
                digest = await self._digests.get((source, image.wanted), None, partial(repository.digest, image.wanted))
            except Denied as error:
                denied = error
            else:
                return await self._programs(image, digest, source, repository, allowed)
        raise denied

    async def _programs(
        self, image: Reference, digest: str, source: Source, repository: Repository, allowed: Allowed
    ) -> Programs:
        found = await self._content(source, digest, repository)
        if isinstance(found, Program):
            return {"": found}
        fitting = {platform: child for platform, child in found.manifests.items() if allowed(platform)}
        if not fitting:
            there = ", ".join(f"{one.os}/{_name(one)}" for one in found.manifests)
            raise BadImage(f"{image} has no platform the pod may run on ({one_line(there)})")
        if len(fitting) > PLATFORMS:
            raise BadImage(f"{image} has {len(fitting)} platforms the pod may run on; the policy's images.architectures chooses")
        programs = await asyncio.gather(*(self._content(source, child, repository) for child in fitting.values()))
        nested = [one for one in programs if isinstance(one, Index)]
        if nested:
            raise BadImage(f"{image} is an index of indexes")
        return {_name(platform): one for platform, one in zip(fitting, programs, strict=True) if isinstance(one, Program)}

    async def _content(self, source: Source, digest: str, repository: Repository) -> Program | Index:
        """Whoever asks has been let in just now: what is kept is anybody's who has."""
        key = source._replace(credential=None), digest
        return await self._contents.get(key, source.credential, partial(_read, repository, digest))


async def _read(repository: Repository, digest: str) -> Program | Index:
    found = manifest.read(*await repository.manifest(digest))
    return found if isinstance(found, Index) else program(await repository.blob(found.configuration))


def _credentials(image: Reference, keyrings: Sequence[Keyring]) -> list[Credential | None]:
    """The kubelet asks without one only where it has none."""
    return [one for keyring in keyrings for one in keyring.matching(image)] or [None]


def _name(platform: Platform) -> str:
    return f"{platform.architecture}/{platform.variant}" if platform.variant else platform.architecture


def _size(found: Program | Index) -> int:
    """About: bytes in memory."""
    if isinstance(found, Index):
        return 400 * len(found.manifests) + 400
    return 600 + sum(
        8 + getsizeof(word) for word in (*found.entrypoint, *found.cmd, found.user, found.working_dir, found.stop_signal)
    )
