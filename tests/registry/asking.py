"""Look-ups in registries of the tests, and what people are told where one finds nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network
from time import monotonic

import pytest

from tests.registry.server import PASSWORD, SECONDS, Registry
from webhook.errors import BadImage
from webhook.images import credentials
from webhook.images.credentials import Keyring
from webhook.images.lookup import Lookup
from webhook.images.platform import Platform
from webhook.images.program import Programs
from webhook.images.reference import parse
from webhook.images.registry import Settings

LOOPBACK = (ip_network("127.0.0.0/8"),)
LOOKUP = "richpod/"
"""What a look-up says it is, to registries."""
Allowed = Callable[[Platform], bool]


class Clock:
    """Of a look-up: seconds that pass when a test says so."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def everywhere(_: Platform) -> bool:
    """A pod that may run on any machine."""
    return True


def listed(registry: Registry, *mirrors: Registry) -> dict[str, Settings]:
    """A policy that knows how this one registry is asked."""
    trusted = "".join(one.authority for one in (registry, *mirrors))
    return {registry.host: Settings(tuple(one.host for one in mirrors), trusted, LOOPBACK, not registry.authority)}


def secret(registry: Registry, user: str, password: str = PASSWORD, path: str = "") -> Keyring:
    """What a Secret for this registry holds."""
    entry = {"username": user, "password": password}
    return credentials.read(json.dumps({"auths": {f"{registry.host}{path}": entry}}).encode())


@asynccontextmanager
async def looking(policy: Mapping[str, Settings], now: Callable[[], float] = monotonic) -> AsyncIterator[Lookup]:
    lookup = Lookup(policy, now=now)
    try:
        async with asyncio.timeout(SECONDS):
            yield lookup
    finally:
        await lookup.close()


def found(policy: Mapping[str, Settings], image: str, secrets: Sequence[Keyring] = (), allowed: Allowed = everywhere) -> Programs:
    """What a look-up of its own finds."""

    async def story() -> Programs:
        async with looking(policy) as lookup:
            return await lookup.programs(parse(image), secrets, allowed)

    return asyncio.run(story())


def told(policy: Mapping[str, Settings], image: str, secrets: Sequence[Keyring] = (), allowed: Allowed = everywhere) -> str:
    """The sentence in place of programs; nothing secret is in it."""
    with pytest.raises(BadImage) as caught:
        found(policy, image, secrets, allowed)
    assert PASSWORD not in str(caught.value)
    return str(caught.value)
