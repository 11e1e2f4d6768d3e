"""Whatever fails, and whenever the gateway dies: afterwards upstream, ledger and living pods agree exactly."""

import asyncio
import copy
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.gateway.granted import pod
from tests.gateway.simulated import SimulatedApi, SimulatedUpstream
from tests.gateway.virtual import lived
from webhook.gateway.errors import Busy, Denied
from webhook.gateway.replicas.leading import Leading
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZER_CONTAINER, GRANT_OPTION
from webhook.policy.file import parse

LIVES = int(os.environ.get("RICHPOD_LIVES", "40"))
POLICY = parse(
    """
grants:
  orders: {upstream: acl, values: {rule: orders}}
  stock: {upstream: acl, values: {rule: stock}}
gateway:
  window: 5
  upstreams:
    acl:
      grant: {url: "https://acl.example/${address}/${rule}?for=${pod}"}
      revoke: {method: DELETE, url: "https://acl.example/${address}/${rule}"}
      perSecond: 50
      inFlight: 8
      timeout: 3
"""
)
LATE = 3.0
"""Seconds, one timeout: so late an upstream may still do what it did not answer."""


def urls(*addresses: str) -> set[str]:
    """What the upstream holds for pods that ask for everything."""
    return {f"https://acl.example/{address}/{rule}" for address in addresses for rule in POLICY.grants}


class Life:
    """Pods that come and go, each of which asks again until it may run."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.api, self.upstream = SimulatedApi(self.chance), SimulatedUpstream(self.chance, LATE)
        self.runs: dict[str, str] = {}
        """Pods whose program runs: uid to address."""
        self.gateway: Leading | None = None
        self.made = 0
        self.changed = 0.0
        """When somebody edited a Grant."""

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[None]:
        """A gateway, until it is killed: at once, wherever it is."""
        before = asyncio.all_tasks()
        loop = asyncio.get_running_loop()
        # Whoever was killed may have asked the upstream just now.
        first = loop.time() + LATE
        self.gateway = Leading(
            self.api, self.upstream, POLICY, loop.time, lambda: True, first, lambda _: None, self._restored, pytest.fail
        )
        running = asyncio.create_task(self.gateway.run())
        try:
            yield
            if running.done():
                running.result()
        finally:
            self.gateway = None
            killed = {task for task in asyncio.all_tasks() - before if task.get_name() != "pod"}
            for _ in range(3):
                for task in killed:
                    task.cancel()
                await asyncio.sleep(0)
            await asyncio.gather(*killed, return_exceptions=True)

    async def pod(self, name: str, address: str, seconds: float) -> None:
        self.made += 1
        uid = f"uid-{self.made}"
        command = [APPLICATION_OPTION, f"shop/{name}", *(word for name in POLICY.grants for word in (GRANT_OPTION, name))]
        spec = {"initContainers": [{"name": AUTHORIZER_CONTAINER, "command": command}]}
        made = pod({"uid": uid, "name": name}, spec, {"podIP": "", "podIPs": []})
        self.api.starts(made)
        for _ in range(self.chance.choice([1, 1, 1, 2])):
            await asyncio.sleep(self.chance.uniform(0, 0.5))
            self._addressed(made, address)
            await self._runs(uid, address, seconds)
            # Its sandbox is made anew.
            address = f"10.1.0.{self.made % 200}"
        if self.chance.random() < 0.3:
            made = self._changed(made, phase="Succeeded")
            await asyncio.sleep(self.chance.uniform(0, 2))
        self.api.ends("shop", name)

    def _addressed(self, made: dict[str, dict[str, object]], address: str) -> None:
        self._changed(made, podIP=address, podIPs=[{"ip": address}])

    def _changed(self, made: dict[str, dict[str, object]], **status: object) -> dict[str, dict[str, object]]:
        made["status"] |= status
        self.api.tell("Pod", "MODIFIED", copy.deepcopy(made))
        return made

    async def _runs(self, uid: str, address: str, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                while not await self._asked(uid):
                    await asyncio.sleep(self.chance.uniform(0.1, 3))
                self.runs[uid] = address
                assert urls(address) <= self.upstream.held
                await asyncio.sleep(seconds)
        except TimeoutError:
            pass
        self.runs.pop(uid, None)

    async def _asked(self, uid: str) -> bool:
        """Of whoever leads; its answer is lost where that one dies."""
        if self.gateway is None or (leader := self.gateway.authorizing) is None:
            return False

        async def asks() -> bool:
            try:
                await leader.authorize(uid, asyncio.get_running_loop().time() + 20, lambda who, asked: None)
            except (Busy, Denied):
                return False
            return True

        task = asyncio.create_task(asks())
        await asyncio.wait([task])
        return not task.cancelled() and task.result()

    async def edited(self) -> None:
        """Somebody deletes Grants, or writes nonsense into them, while somebody leads who can overrule it."""
        while True:
            await asyncio.sleep(self.chance.uniform(1, 20))
            if not self.api.held or self.gateway is None or self.gateway.authorizing is None:
                continue
            self.changed = asyncio.get_running_loop().time()
            uid = self.chance.choice(sorted(self.api.held))
            if self.chance.random() < 0.5:
                self.api.tell("Grant", "DELETED", self.api.held.pop(uid))
            else:
                self.api._stored({**self.api.held[uid], "status": {"ended": "by hand", "entries": []}})

    def _restored(self, _: object) -> None:
        assert self.changed, "what the gateway wrote itself is nobody else's"

    async def stopped(self) -> None:
        """The upstream, now and then."""
        while True:
            await asyncio.sleep(self.chance.uniform(1, 20))
            wakes = asyncio.get_running_loop().time() + self.chance.uniform(0.5, 20)
            self.upstream.wakes = max(wakes, self.upstream.wakes)

    async def watched(self) -> None:
        """Nobody who runs is ever without."""
        while True:
            assert urls(*self.runs.values()) <= self.upstream.held
            await asyncio.sleep(0.05)

    async def whole(self) -> None:
        watching = asyncio.create_task(self.watched(), name="pod")
        self.upstream.trouble = self.chance.choice([0.0, 0.1, 0.4])
        editing = asyncio.create_task(self.edited(), name="pod") if self.chance.random() < 0.5 else None
        stopping = asyncio.create_task(self.stopped(), name="pod") if self.chance.random() < 0.3 else None
        self.api.trouble = 0.0 if editing else self.upstream.trouble
        self.upstream.refuses = urls("10.0.0.3")
        pods = [asyncio.create_task(self._replaced(number), name="pod") for number in range(6)]
        for _ in range(self.chance.randint(1, 8)):
            async with self.leading():
                await asyncio.sleep(self.chance.uniform(0.5, 15))
                while asyncio.get_running_loop().time() < self.changed + 3:
                    await asyncio.sleep(1)
        self.api.trouble = self.upstream.trouble = 0.0
        if stopping:
            stopping.cancel()
        async with self.leading():
            await asyncio.gather(*pods)
            if editing:
                editing.cancel()
            await asyncio.sleep(200)
            if watching.done():
                watching.result()
            watching.cancel()
            assert self.upstream.held == urls(*self.runs.values()) == set()
            assert self.api.held == {}

    async def _replaced(self, number: int) -> None:
        """A pod with a fixed address, again and again under the same name."""
        for _ in range(self.chance.randint(1, 6)):
            await self.pod(f"web-{number}", f"10.0.0.{number}", self.chance.uniform(0.2, 20))
            await asyncio.sleep(self.chance.choice([0, 0, 5]))


@pytest.mark.parametrize("seed", range(LIVES))
def test_afterwards_all_agree(seed: int) -> None:
    lived(Life(seed).whole())
