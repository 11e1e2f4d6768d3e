"""A world in a time of its own: an API server and an upstream that take a while, fail before or after they did it, and pods."""

import asyncio
import copy
import random
from typing import Any

from webhook.errors import ApiError
from webhook.gateway.grant import Call
from webhook.gateway.world import Answer

Json = dict[str, Any]


class SimulatedApi:
    """`trouble`: how likely a call fails; half of those that fail were done."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.trouble = chance, 0.0
        self.held: dict[str, Json] = {}
        self.pods: dict[tuple[str, str], Json] = {}
        self.version = 0

    async def _while(self) -> bool:
        """Takes a moment. Whether it is to fail although it is done; raises where it fails before."""
        await asyncio.sleep(self.chance.uniform(0.001, 0.1))
        fails, done = self.chance.random() < self.trouble, self.chance.random() < 0.5
        if fails and not done:
            raise ApiError(0, "Unreachable", "gone away")
        return fails

    async def _answered(self, fails: bool, answer: Any) -> Any:
        await asyncio.sleep(self.chance.uniform(0.001, 0.1))
        if fails:
            raise ApiError(0, "Unreachable", "gone away")
        return copy.deepcopy(answer)

    async def review(self, token: str) -> Json:
        raise NotImplementedError

    async def pod(self, namespace: str, name: str) -> Json | None:
        fails = await self._while()
        found: Json | None = await self._answered(fails, self.pods.get((namespace, name)))
        return found

    async def grants(self) -> list[Json]:
        fails = await self._while()
        found: list[Json] = await self._answered(fails, [*self.held.values()])
        return found

    async def grant(self, uid: str) -> Json | None:
        fails = await self._while()
        found: Json | None = await self._answered(fails, self.held.get(uid))
        return found

    async def create(self, grant: Json) -> Json:
        fails = await self._while()
        uid = grant["metadata"]["name"]
        if uid in self.held:
            raise ApiError(409, "AlreadyExists", f"there is {uid}")
        return await self._answered(fails, self._stored({k: v for k, v in grant.items() if k != "status"}))

    async def write(self, grant: Json) -> Json:
        fails = await self._while()
        held = self.held.get(grant["metadata"]["name"])
        if held is None:
            raise ApiError(404, "NotFound", "there is none")
        if held["metadata"]["resourceVersion"] != grant["metadata"]["resourceVersion"]:
            raise ApiError(409, "Conflict", "somebody was faster")
        return await self._answered(fails, self._stored({**held, "status": grant["status"]}))

    async def delete(self, uid: str) -> None:
        fails = await self._while()
        self.held.pop(uid, None)
        await self._answered(fails, None)

    def _stored(self, grant: Json) -> Json:
        self.version += 1
        made = copy.deepcopy(grant)
        made["metadata"]["resourceVersion"] = str(self.version)
        self.held[made["metadata"]["name"]] = made
        return made


class SimulatedUpstream:
    """Holds the URLs that were let in. `refuses`: those it never lets in."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.trouble = chance, 0.0
        self.held: set[str] = set()
        self.refuses: set[str] = set()
        self.calls: list[tuple[float, str, bool]] = []

    async def __call__(self, upstream: str, call: Call, revoke: bool) -> Answer:
        self.calls.append((asyncio.get_running_loop().time(), call.url, revoke))
        fails, done = self.chance.random() < self.trouble, self.chance.random() < 0.5
        await asyncio.sleep(self.chance.uniform(0.01, 0.5))
        if call.url in self.refuses and not revoke:
            return Answer(False, "it answered 403")
        if not fails or done:
            (self.held.discard if revoke else self.held.add)(call.url)
        await asyncio.sleep(self.chance.uniform(0.01, 0.5))
        return Answer(None, "no answer in time") if fails else Answer(True, "it answered 200")
