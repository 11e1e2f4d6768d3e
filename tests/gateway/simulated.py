"""A world in a time of its own: an API server and an upstream that take a while, fail before or after they did it, and pods."""

import asyncio
import copy
import random
from collections.abc import AsyncIterator
from typing import Any

from webhook.errors import ApiError
from webhook.gateway.grants.grant import Call
from webhook.gateway.pods.identity import ACCOUNT, POD_NAME, POD_UID
from webhook.gateway.world import Answer
from webhook.inpod.contract import GATEWAY_AUDIENCE

Json = dict[str, Any]


class SimulatedApi:
    """`trouble`: how likely a call fails; half of those that fail were done."""

    def __init__(self, chance: random.Random) -> None:
        self.chance, self.trouble = chance, 0.0
        self.held: dict[str, Json] = {}
        self.running: dict[tuple[str, str], Json] = {}
        """Pods by namespace and name."""
        self.version = 0
        self._told: dict[str, list[Json]] = {"Pod": [], "Grant": []}

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
        """A token is the uid of a pod that there is."""
        fails = await self._while()
        for (namespace, name), pod in self.running.items():
            if pod["metadata"]["uid"] == token:
                extra = {POD_NAME: [name], POD_UID: [token]}
                user = {"username": f"{ACCOUNT}{namespace}:{pod['spec']['serviceAccountName']}", "extra": extra}
                status = {"authenticated": True, "audiences": [GATEWAY_AUDIENCE], "user": user}
                return {"status": await self._answered(fails, status)}
        return {"status": await self._answered(fails, {"authenticated": False})}

    async def pod(self, namespace: str, name: str) -> Json | None:
        fails = await self._while()
        found: Json | None = await self._answered(fails, self.running.get((namespace, name)))
        return found

    async def pods(self) -> tuple[list[Json], str]:
        fails = await self._while()
        found: tuple[list[Json], str] = await self._answered(fails, ([*self.running.values()], str(len(self._told["Pod"]))))
        return found

    async def grants(self) -> tuple[list[Json], str]:
        fails = await self._while()
        found: tuple[list[Json], str] = await self._answered(fails, ([*self.held.values()], str(len(self._told["Grant"]))))
        return found

    def pod_changes(self, version: str) -> AsyncIterator[Json]:
        return self._changes(self._told["Pod"], int(version))

    def grant_changes(self, version: str) -> AsyncIterator[Json]:
        return self._changes(self._told["Grant"], int(version))

    async def _changes(self, told: list[Json], version: int) -> AsyncIterator[Json]:
        """Late; with trouble it ends now and then with an error."""
        ends = asyncio.get_running_loop().time() + self.chance.uniform(1, 20)
        while asyncio.get_running_loop().time() < ends:
            await asyncio.sleep(self.chance.uniform(0.001, 0.3))
            for event in told[version:]:
                version += 1
                yield copy.deepcopy(event)
        if self.chance.random() < self.trouble:
            raise ApiError(410, "Expired", "too old")

    def tell(self, kind: str, what: str, held: Json) -> None:
        self._told[kind].append({"type": what, "object": copy.deepcopy(held)})

    def starts(self, pod: Json) -> None:
        self.running[pod["metadata"]["namespace"], pod["metadata"]["name"]] = pod
        self.tell("Pod", "ADDED", pod)

    def ends(self, namespace: str, name: str) -> None:
        self.tell("Pod", "DELETED", self.running.pop((namespace, name)))

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

    async def delete(self, uid: str, version: str) -> None:
        fails = await self._while()
        if uid in self.held:
            if self.held[uid]["metadata"]["resourceVersion"] != version:
                raise ApiError(409, "Conflict", "somebody was faster")
            self.tell("Grant", "DELETED", self.held.pop(uid))
        await self._answered(fails, None)

    def _stored(self, grant: Json) -> Json:
        self.version += 1
        made = copy.deepcopy(grant)
        made["metadata"]["resourceVersion"] = str(self.version)
        self.held[made["metadata"]["name"]] = made
        self.tell("Grant", "MODIFIED", made)
        return made


class SimulatedUpstream:
    """Holds the URLs that were let in. `refuses`: those it never lets in. `late`: seconds after which it may still do a thing.

    `wakes`: until then, in the loop's time, it does nothing, and soon afterwards all that it was asked, in any order.
    """

    def __init__(self, chance: random.Random, late: float) -> None:
        self.chance, self.trouble, self.late, self.wakes = chance, 0.0, late, 0.0
        self.held: set[str] = set()
        self.refuses: set[str] = set()

    async def __call__(self, upstream: str, call: Call, revoke: bool) -> Answer:
        await asyncio.sleep(self.chance.uniform(0.01, 0.5))
        entry = call.url.partition("?")[0]
        do = self.held.discard if revoke else self.held.add
        if (asleep := self.wakes - asyncio.get_running_loop().time()) > 0:
            if revoke or entry not in self.refuses:
                asyncio.get_running_loop().call_later(asleep + self.chance.uniform(0, self.late), do, entry)
            await asyncio.sleep(self.late)
            return Answer(None, "no answer in time")
        if not revoke and (entry in self.refuses or self.chance.random() < self.trouble / 4):
            return Answer(False, "it answered 403")
        fails = self.chance.random() < self.trouble
        done = self.chance.choice(["now", "later", "never"]) if fails else "now"
        if done == "later":
            asyncio.get_running_loop().call_later(self.chance.uniform(0, self.late), do, entry)
        if done == "now":
            do(entry)
        await asyncio.sleep(self.chance.uniform(0.01, 0.5))
        return Answer(None, "no answer in time") if fails else Answer(True, "it answered 200")
