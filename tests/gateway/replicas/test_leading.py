"""From when a replica leads until it does not: what it finds, what it hears, what it leaves behind."""

import asyncio

import pytest

from tests.gateway.granted import ADDRESS, OWNER
from tests.gateway.leaders import UNKNOWN, Upstream, api, asks, authorized, leader
from tests.gateway.virtual import lived
from webhook.gateway.errors import Busy


def test_what_the_one_before_left_is_brought_to_its_end() -> None:
    async def life() -> None:
        held, upstream, told = api(asks("orders")), Upstream(), []
        async with leader(held, upstream) as made:
            await authorized(made)
        held.ends(OWNER.namespace, OWNER.pod)
        assert upstream.held == {ADDRESS}
        async with leader(held, upstream, told=told.append):
            await asyncio.sleep(5)
            assert not upstream.held
            assert [grant.ended for grant in told] == ["the pod is gone"]
            await asyncio.sleep(200)
            assert not held.held

    lived(life())


@pytest.mark.parametrize("trouble", [0.0, 1.0])
def test_a_leader_that_was_stopped_in_the_middle_says_what_it_did_since(trouble: float) -> None:
    """Its call came to the upstream long after another had revoked everything; the API server may be away just then."""

    async def life() -> None:
        held = api(asks("orders"))
        leads = True
        slow, quick = Upstream(seconds=300), Upstream()
        slow.held = quick.held
        async with leader(held, slow, lambda: leads) as first:
            asked = asyncio.create_task(authorized(first))
            await asyncio.sleep(1)
            leads = False
            async with leader(held, quick):
                held.ends(OWNER.namespace, OWNER.pod)
                await asyncio.sleep(250)
                assert quick.asked[-1] == f"revoke {ADDRESS}"
                assert not held.held
                held.trouble = trouble
                asyncio.get_running_loop().call_later(53, setattr, held, "trouble", 0.0)
                with pytest.raises(Busy, match="another replica leads"):
                    await asked
                assert quick.held == {ADDRESS}
                await asyncio.sleep(20)
                assert not quick.held

    lived(life())


def test_a_revoke_is_final_only_when_no_grant_can_come_any_more() -> None:
    """An upstream may do late what it did not answer."""

    async def life() -> None:
        held, upstream = api(asks("orders")), Upstream(UNKNOWN)
        async with leader(held, upstream) as made:
            with pytest.raises(Busy):
                await authorized(made)
            asked = asyncio.get_running_loop().time()
            upstream.answer = UNKNOWN._replace(done=True)
            held.ends(OWNER.namespace, OWNER.pod)
            await asyncio.sleep(3)
            upstream.held.add(ADDRESS)
            await asyncio.sleep(30)
            assert not upstream.held
            assert asyncio.get_running_loop().time() - asked > 6

    lived(life())


def test_what_an_upstream_that_the_policy_has_no_more_holds_stops_nobody() -> None:
    async def life() -> None:
        held, upstream = api(asks("orders")), Upstream()
        async with leader(held, upstream) as made:
            await authorized(made)
        (grant,) = held.held.values()
        grant["status"]["entries"][0] |= {"upstream": "former", "state": "revoking"}
        held.ends(OWNER.namespace, OWNER.pod)
        async with leader(held, upstream) as made:
            assert made.authorizing is not None
            await asyncio.sleep(5)
        (grant,) = held.held.values()
        assert grant["status"]["entries"][0]["reason"] == "the policy has no upstream former"

    lived(life())


def test_before_richpod_goes_everything_is_revoked() -> None:
    async def life() -> None:
        held, upstream, told = api(asks("orders")), Upstream(), []
        async with leader(held, upstream, told=told.append) as made:
            await authorized(made)
            made.close()
            await asyncio.sleep(5)
            assert not upstream.held
            assert [grant.ended for grant in told] == ["richpod is being removed"]
            await asyncio.sleep(10)
            assert not held.held

    lived(life())


def test_whoever_writes_into_a_grant_is_overruled_and_told_of_once() -> None:
    """A label of theirs stays."""

    async def life() -> None:
        held, restored = api(asks("orders")), []
        async with leader(held, Upstream(), restored=restored.append) as made:
            await authorized(made)
            ours = held.held[OWNER.uid]
            for status in ({"ended": "by hand", "entries": []}, {}, {}):
                held._stored({**ours, "status": status})
                await asyncio.sleep(3)
                assert held.held[OWNER.uid]["status"] == ours["status"]
            held._stored({**ours, "spec": {**ours["spec"], "addresses": ["10.0.0.99"]}})
            await asyncio.sleep(3)
            assert held.held[OWNER.uid]["spec"] == ours["spec"]
            assert [grant.owner for grant in restored] == [OWNER] * 4
            held._stored({**ours, "metadata": {**ours["metadata"], "labels": {"a": "b"}}})
            await asyncio.sleep(30)
            assert len(restored) == 4

    lived(life())


def test_whoever_deletes_a_grant_is_overruled_each_time() -> None:
    async def life() -> None:
        held, restored = api(asks("orders")), []
        async with leader(held, Upstream(), restored=restored.append) as made:
            await authorized(made)
            for _ in range(3):
                before = held.held.pop(OWNER.uid)
                held.tell("Grant", "DELETED", before)
                await asyncio.sleep(3)
                assert held.held[OWNER.uid]["status"] == before["status"]
        assert [grant.owner for grant in restored] == [OWNER] * 3

    lived(life())
