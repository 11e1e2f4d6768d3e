"""The Lease of replicas in virtual time."""

import asyncio
import copy
import random
from typing import Any

from webhook.errors import ApiError

Json = dict[str, Any]


class SimulatedLeases:
    """One Lease in an API server that takes a while, and now and then fails before or after it did what was asked."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.trouble, self.held, self.version = chance, 0.0, None, 0
        self.held: Json | None

    async def _while(self) -> bool:
        await asyncio.sleep(self.chance.uniform(0.001, 0.5))
        fails = self.chance.random() < self.trouble
        if fails and self.chance.random() < 0.5:
            raise ApiError(0, "Unreachable", "gone away")
        return fails

    async def _answered(self, fails: bool) -> Any:
        answer = copy.deepcopy(self.held)
        await asyncio.sleep(self.chance.uniform(0.001, 0.5))
        if fails:
            raise ApiError(0, "Unreachable", "gone away")
        return answer

    async def read(self) -> Json | None:
        answer: Json | None = await self._answered(await self._while())
        return answer

    async def create(self, lease: Json) -> Json:
        fails = await self._while()
        if self.held:
            raise ApiError(409, "AlreadyExists", "there is one")
        return await self._stored(lease, fails)

    async def replace(self, lease: Json) -> Json:
        fails = await self._while()
        if not self.held or self.held["metadata"]["resourceVersion"] != lease["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "somebody was faster")
        return await self._stored(lease, fails)

    async def _stored(self, lease: Json, fails: bool) -> Json:
        self.version += 1
        self.held = copy.deepcopy(lease)
        self.held["metadata"]["resourceVersion"] = str(self.version)
        answer: Json = await self._answered(fails)
        return answer
