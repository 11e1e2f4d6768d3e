"""A thousand pods of one application at once, before an upstream that bears 20 calls a second."""

import asyncio
import os
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import aiohttp
import pytest

from tests.authorization.services import Service

from .gateways import NAME, Ground, Pod, Replica
from .listing import PER_SECOND, addresses, history, most

pytestmark = pytest.mark.cluster

PODS = int(os.environ.get("RICHPOD_GATEWAY_PODS", "1000"))
SPARE = float(os.environ.get("RICHPOD_GATEWAY_SPARE", "1.5"))
"""Times as long as the ceiling itself takes: 1.2 where nothing else runs, which is for `make soak`."""


async def authorized(replica: Replica, pods: list[Pod]) -> float:
    """Seconds until all are; each asks again when it is told to."""
    trust = aiohttp.TCPConnector(ssl=ssl.create_default_context(cadata=replica.authority), limit=0)
    url, begun = f"https://{NAME}:{replica.port}/authorize", time.monotonic()
    async with aiohttp.ClientSession(connector=trust, timeout=aiohttp.ClientTimeout(total=300)) as session:

        async def one(pod: Pod) -> None:
            while True:
                async with session.post(url, headers={"Authorization": f"Bearer {pod.token}"}) as answer:
                    if answer.status == 200:
                        return
                    assert answer.status == 503, await answer.text()
                    after = float(answer.headers["Retry-After"])
                await asyncio.sleep(after)

        await asyncio.gather(*map(one, pods))
    return time.monotonic() - begun


def test_a_rollout_is_as_quick_as_the_ceiling_lets_it_be_and_nothing_is_lost(site: Ground, listed: Service) -> None:
    replica = site.start()
    replica.leads()
    wanted = [f"10.{3 + number // 250}.0.{number % 250 + 1}" for number in range(PODS)]
    with ThreadPoolExecutor(8) as pool:
        made = pool.map(lambda n: site.pod(f"web-{n}", "orders", application="shop/web", address=wanted[n]), range(PODS))
        pods = [*made]
    seconds = asyncio.run(authorized(replica, pods))
    calls, least = history(listed), PODS / PER_SECOND
    busiest, times = most(calls, 1), seconds / least
    print(f"\n{PODS} pods in {seconds:.1f} s, {times:.2f} times what the ceiling takes; at most {busiest} calls in a second")
    assert addresses(listed) == set(wanted)
    assert len(calls) == PODS
    assert {grant["status"]["phase"] for grant in site.grants().values()} == {"Active"}
    assert busiest <= PER_SECOND
    assert times < SPARE
