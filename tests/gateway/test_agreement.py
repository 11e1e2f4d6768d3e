"""Whatever fails, and whenever the gateway dies: afterwards upstream, ledger and living pods agree exactly."""

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from tests.gateway.granted import pod
from tests.gateway.simulated import SimulatedApi, SimulatedUpstream
from tests.gateway.virtual import lived
from webhook.errors import ApiError
from webhook.gateway.endings import Endings
from webhook.gateway.ends import end
from webhook.gateway.entries import entries
from webhook.gateway.grant import Grant, Owner
from webhook.gateway.identity import Denied
from webhook.gateway.ledger import Ledger
from webhook.gateway.queue import Queue
from webhook.gateway.work import Busy, Upstream, Work
from webhook.policy import gateway as policy

LIVES = int(os.environ.get("RICHPOD_LIVES", "40"))
WINDOW = 5.0
CALL = {"url": "https://acl.example/${address}"}
UPSTREAMS = {"acl": policy.Upstream.model_validate({"grant": CALL, "revoke": {"method": "DELETE", **CALL}})}
GRANTS = {"orders": policy.Grant(upstream="acl")}


def url(address: str) -> str:
    return f"https://acl.example/{address}"


class Life:
    """Pods that come and go, each of which asks again until it may run."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.api, self.upstream = SimulatedApi(self.chance), SimulatedUpstream(self.chance)
        self.runs: dict[str, str] = {}
        """Pods whose program runs: uid to address."""
        self.gateway: tuple[Ledger, Work, Endings] | None = None
        self.made = 0

    @asynccontextmanager
    async def leading(self) -> AsyncIterator[None]:
        """A gateway, until it is killed: at once, wherever it is."""
        before = asyncio.all_tasks()
        ledger = Ledger(self.api)
        clock = asyncio.get_running_loop().time
        work = Work(ledger, self.upstream, {"acl": Upstream(Queue(50, 8), 10)}, WINDOW, clock, lambda: True)
        endings = Endings(ledger, work, WINDOW, clock)
        while True:
            try:
                await ledger.load()
                break
            except ApiError:
                await asyncio.sleep(0.1)
        self.gateway = ledger, work, endings
        looking = asyncio.create_task(self._looks(ledger, endings))
        try:
            yield
        finally:
            self.gateway = None
            killed = {task for task in asyncio.all_tasks() - before if task.get_name() != "pod"} | {looking}
            for task in killed:
                task.cancel()
            await asyncio.gather(*killed, return_exceptions=True)

    async def _looks(self, ledger: Ledger, endings: Endings) -> None:
        while True:
            for grant in [*ledger.grants.values()]:
                try:
                    why = end(grant, await self.api.pod(grant.owner.namespace, grant.owner.pod))
                except ApiError:
                    continue
                if grant.ended or why:
                    endings.end(grant.owner.uid, why)
            await asyncio.sleep(0.5)

    async def pod(self, name: str, address: str, seconds: float) -> None:
        self.made += 1
        uid = f"uid-{self.made}"
        made = pod({"uid": uid, "name": name}, status={"podIP": address, "podIPs": [{"ip": address}]})
        owner = Owner("shop", name, uid, "web", f"shop/{name}")
        self.api.pods["shop", name] = made
        try:
            async with asyncio.timeout(seconds):
                while not await self._asked(owner, address):
                    await asyncio.sleep(self.chance.uniform(0.1, 3))
                self.runs[uid] = address
                assert url(address) in self.upstream.held
                await asyncio.sleep(seconds)
        except TimeoutError:
            pass
        self.runs.pop(uid, None)
        del self.api.pods["shop", name]

    async def _asked(self, owner: Owner, address: str) -> bool:
        """Of whoever leads; its answer is lost where that one dies."""
        if self.gateway is None:
            return False
        ledger, work, _ = self.gateway
        ((entry, call),) = entries(owner, ["orders"], [address], GRANTS, UPSTREAMS)

        async def asks() -> bool:
            loop = asyncio.get_running_loop()
            try:
                if owner.uid not in ledger.grants:
                    await ledger.add(Grant(owner, (address,)), loop.time())
                await work.grant(owner.uid, entry, call, loop.time() + 20)
            except (ApiError, Busy, Denied):
                return False
            return True

        task = asyncio.create_task(asks())
        await asyncio.wait([task])
        return not task.cancelled() and task.result()

    async def watched(self) -> None:
        """Nobody who runs is ever without."""
        while True:
            assert {url(address) for address in self.runs.values()} <= self.upstream.held
            await asyncio.sleep(0.05)

    async def whole(self) -> None:
        watching = asyncio.create_task(self.watched(), name="pod")
        self.api.trouble = self.upstream.trouble = self.chance.choice([0.0, 0.1, 0.4])
        self.upstream.refuses = {url("10.0.0.3")}
        pods = [asyncio.create_task(self._replaced(number), name="pod") for number in range(6)]
        for _ in range(self.chance.randint(1, 8)):
            async with self.leading():
                await asyncio.sleep(self.chance.uniform(0.5, 15))
        self.api.trouble = self.upstream.trouble = 0.0
        async with self.leading():
            await asyncio.gather(*pods)
            await asyncio.sleep(200)
            watching.cancel()
            assert self.upstream.held == {url(address) for address in self.runs.values()} == set()
            assert self.api.held == {}

    async def _replaced(self, number: int) -> None:
        """A pod with a fixed address, again and again under the same name."""
        for _ in range(self.chance.randint(1, 6)):
            await self.pod(f"web-{number}", f"10.0.0.{number}", self.chance.uniform(0.2, 20))
            await asyncio.sleep(self.chance.choice([0, 0, 5]))


@pytest.mark.parametrize("seed", range(LIVES))
def test_afterwards_all_agree(seed: int) -> None:
    lived(Life(seed).whole())
