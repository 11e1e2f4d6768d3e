"""A repository of a registry whose look-ups are counted, by a clock that stands still."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from tests.registry.asking import LOOKUP, Clock, everywhere, listed, looking, secret
from tests.registry.server import Registry
from webhook.images.program import Programs
from webhook.images.reference import parse

Ask = Callable[..., Awaitable[Programs]]
"""By what stands behind the repository's name, and for a user or for nobody."""


class Counted:
    """`name`: one that no other test uses."""

    def __init__(self, registry: Registry, name: str) -> None:
        self.registry, self.name, self.clock = registry, name, Clock()

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Ask]:
        async with looking(listed(self.registry), self.clock) as lookup:

            async def ask(wanted: str = ":1", user: str = "") -> Programs:
                secrets = [secret(self.registry, user)] if user else []
                return await lookup.programs(parse(f"{self.registry.host}/{self.name}{wanted}"), secrets, everywhere)

            yield ask

    @property
    def asked(self) -> list[str]:
        """Method, path below the repository, and status."""
        path = f"/v2/{self.name}/"
        return [line.replace(path, "") for line in self.registry.asked(path, LOOKUP)]
