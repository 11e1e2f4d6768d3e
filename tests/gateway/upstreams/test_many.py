"""What an upstream is asked for when many pods ask at once, or one has several addresses."""

import asyncio

from tests.gateway.answering import Site, authorize
from tests.gateway.granted import ADDRESS
from tests.gateway.leaders import REFUSED, Upstream, api, asks, authorized, leader
from tests.gateway.virtual import lived
from webhook.gateway.errors import Busy
from webhook.gateway.upstreams.limits import FAILURES

PODS = 60


def test_an_upstream_is_told_the_addresses_of_its_family_alone() -> None:
    async def life() -> None:
        upstream = Upstream()
        dual_stack = {"podIP": ADDRESS, "podIPs": [{"ip": ADDRESS}, {"ip": "fd00::7"}]}
        async with leader(api(asks("six", status=dual_stack)), upstream) as made:
            await authorized(made)
        assert upstream.asked == ["grant fd00%3A%3A7"]

    lived(life())


def test_pods_that_ask_at_once_for_what_is_refused_cost_no_more_than_one_after_the_other() -> None:
    """Each has waited for its turn: the bound is looked at again then."""

    async def life() -> None:
        upstream = Upstream(REFUSED)
        names = {f"u{number}": f"10.1.0.{number}" for number in range(1, PODS + 1)}
        pods = [
            asks("orders", metadata={"uid": uid, "name": uid}, status={"podIP": address, "podIPs": [{"ip": address}]})
            for uid, address in names.items()
        ]
        async with leader(api(*pods), upstream) as made:
            await asyncio.gather(*(authorized(made, uid) for uid in names), return_exceptions=True)
        assert len(upstream.asked) <= FAILURES + 1

    lived(life())


def test_the_fourth_in_a_window_is_told_when_to_come_again() -> None:
    async def ask(client):  # type: ignore[no-untyped-def]
        for _ in range(3):
            await authorize(client)
        return await authorize(client)

    said = Site().answer(ask, asks("orders"), REFUSED)
    assert said.status_code == 429
    assert int(said.headers["Retry-After"]) > 0


def test_one_pod_waits_in_the_queue_twice_at_most() -> None:
    """Whoever opens connections with one token takes nobody else's place."""

    async def life() -> None:
        async with leader(api(asks("orders", status={"podIP": "", "podIPs": []})), Upstream()) as made:
            said = await asyncio.gather(*(authorized(made, seconds=5) for _ in range(3)), return_exceptions=True)
        assert sorted(each.status for each in said if isinstance(each, Busy)) == [429, 503, 503]

    lived(life())
