"""A leader in virtual time, its API server without trouble, and an upstream whose answers a test gives itself."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from tests.gateway.granted import OWNER, pod
from tests.gateway.simulated import SimulatedApi
from webhook.gateway.errors import Busy
from webhook.gateway.grants.grant import Call, Grant
from webhook.gateway.replicas.leading import Leading
from webhook.gateway.world import Answer, Ask
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZER_CONTAINER, GRANT_OPTION
from webhook.policy.file import parse

Json = dict[str, Any]

POLICY = parse(
    """
applications:
  shop: {namespaces: [shop]}
grants:
  orders: {upstream: acl}
  six: {upstream: ipv6}
  common: {ports: [53]}
  admin: {upstream: acl, values: {}, to: [{namespaces: [ops]}]}
gateway:
  window: 60
  upstreams:
    acl: &acl
      grant: {url: "https://acl.example/${address}"}
      revoke: {method: DELETE, url: "https://acl.example/${address}"}
      perSecond: 50
      timeout: 3
    ipv6: {<<: *acl, family: IPv6}
"""
)
DONE, REFUSED, UNKNOWN = Answer(True, "it answered 200"), Answer(False, "it answered 403"), Answer(None, "no answer within 3 s")


class Upstream:
    """What was asked of it, in order, and what it holds; each call takes `seconds`."""

    def __init__(self, answer: Answer = DONE, seconds: float = 0.1) -> None:
        self.answer, self.seconds = answer, seconds
        self.asked: list[str] = []
        self.held: set[str] = set()

    async def __call__(self, upstream: str, call: Call, revoke: bool) -> Answer:
        self.asked.append(f"{'revoke' if revoke else 'grant'} {call.url.rpartition('/')[2]}")
        await asyncio.sleep(self.seconds)
        if self.answer.done:
            (self.held.discard if revoke else self.held.add)(call.url.rpartition("/")[2])
        return self.answer


def api(*pods: Json) -> SimulatedApi:
    made = SimulatedApi(random.Random(1))
    for each in pods:
        made.starts(each)
    return made


def asks(*grants: str, application: str = "shop", metadata: Json | None = None, status: Json | None = None) -> Json:
    """A pod whose authorizer asks for these."""
    words = [APPLICATION_OPTION, application, *(word for grant in grants for word in (GRANT_OPTION, grant))]
    return pod(metadata, {"initContainers": [{"name": AUTHORIZER_CONTAINER, "command": words}], "containers": []}, status)


@asynccontextmanager
async def leader(
    held: SimulatedApi,
    ask: Ask,
    leads: Callable[[], bool] = lambda: True,
    told: Callable[[Grant], None] = lambda _: None,
    restored: Callable[[Grant], None] = lambda _: None,
) -> AsyncIterator[Leading]:
    """One that has read the ledger."""
    loop = asyncio.get_running_loop()
    unreadable: list[str] = []
    made = Leading(held, ask, POLICY, loop.time, leads, 0.0, told, restored, unreadable.append)
    life = asyncio.create_task(made.run())
    while made.authorizing is None and not life.done():
        await asyncio.sleep(0.05)
    try:
        yield made
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        assert not unreadable


async def authorized(made: Leading, uid: str = OWNER.uid, seconds: float = 20) -> tuple[str, ...]:
    """Raises Busy or Denied."""
    assert made.authorizing is not None
    return await made.authorizing.authorize(uid, asyncio.get_running_loop().time() + seconds, lambda who, asked: None)


async def until_authorized(made: Leading, uid: str) -> None:
    while True:
        try:
            await authorized(made, uid)
            return
        except Busy:
            await asyncio.sleep(0.3)
