"""One request of a pod: what it gets, what it is told, and when the upstream is asked."""

import asyncio

import pytest

from tests.gateway.granted import ADDRESS, OWNER
from tests.gateway.leaders import REFUSED, UNKNOWN, Json, Upstream, api, asks, authorized, leader
from tests.gateway.virtual import lived
from webhook.gateway.errors import Busy, Denied
from webhook.gateway.world import Answer


def test_a_pod_gets_what_it_asks_for_and_asking_again_costs_nothing() -> None:
    async def life() -> None:
        upstream = Upstream()
        async with leader(api(asks("orders", "common")), upstream) as made:
            for _ in range(5):
                assert await authorized(made) == ("orders", "common")
        assert upstream.asked == [f"grant {ADDRESS}"]

    lived(life())


def test_common_ports_are_granted_without_a_call() -> None:
    async def life() -> None:
        upstream, held = Upstream(), api(asks("common"))
        async with leader(held, upstream) as made:
            assert await authorized(made) == ("common",)
        assert not upstream.asked
        assert not held.held

    lived(life())


@pytest.mark.parametrize(
    ("pod", "reason"),
    [
        (asks("orders", application="other/web"), "application"),
        (asks("orders", "admin"), "grant"),
        (asks("nonsense"), "unknown-grant"),
        (asks("six"), "family"),
        (asks(), "no-intent"),
        (asks("orders", status={"phase": "Failed"}), "ended"),
        (asks("orders", metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}), "ending"),
    ],
)
def test_whoever_may_not_is_told_why_and_no_upstream_hears_of_it(pod: Json, reason: str) -> None:
    async def life() -> None:
        upstream = Upstream()
        async with leader(api(pod), upstream) as made:
            with pytest.raises(Denied) as denied:
                await authorized(made)
        assert (denied.value.status, denied.value.reason) == (403, reason)
        assert not upstream.asked

    lived(life())


def test_a_token_of_no_pod_is_denied() -> None:
    async def life() -> None:
        async with leader(api(asks("orders")), Upstream()) as made:
            with pytest.raises(Denied) as denied:
                await authorized(made, "nonsense")
        assert denied.value.status == 401

    lived(life())


def test_a_pod_without_an_address_is_waited_for() -> None:
    """The kubelet writes it after the first container was started."""

    async def life() -> None:
        pod = asks("orders", status={"podIP": "", "podIPs": []})
        held, upstream = api(pod), Upstream()
        async with leader(held, upstream) as made:
            asked = asyncio.create_task(authorized(made))
            await asyncio.sleep(8)
            assert not asked.done()
            pod["status"] |= {"podIP": ADDRESS, "podIPs": [{"ip": ADDRESS}, {"ip": "fd00::7"}]}
            held.tell("Pod", "MODIFIED", pod)
            known = asyncio.get_running_loop().time()
            assert await asked == ("orders",)
            assert asyncio.get_running_loop().time() - known < 2
        assert upstream.held == {ADDRESS, "fd00%3A%3A7"}

    lived(life())


def test_whoever_may_not_is_told_before_it_has_an_address() -> None:
    async def life() -> None:
        async with leader(api(asks("admin", status={"podIP": "", "podIPs": []})), Upstream()) as made:
            begun = asyncio.get_running_loop().time()
            with pytest.raises(Denied):
                await authorized(made)
            assert asyncio.get_running_loop().time() - begun < 2

    lived(life())


def test_no_longer_than_its_patience() -> None:
    async def life() -> None:
        async with leader(api(asks("orders", status={"podIP": "", "podIPs": []})), Upstream()) as made:
            with pytest.raises(Busy, match="has no address yet"):
                await authorized(made, seconds=7)
            assert 7 <= asyncio.get_running_loop().time() < 10

    lived(life())


@pytest.mark.parametrize(("answer", "error"), [(REFUSED, Denied), (UNKNOWN, Busy)])
def test_an_upstream_that_does_not_grant_is_asked_three_times_in_a_window(answer: Answer, error: type[Exception]) -> None:
    async def life() -> None:
        upstream = Upstream(answer)
        async with leader(api(asks("orders")), upstream) as made:
            for _ in range(3):
                with pytest.raises(error):
                    await authorized(made)
            with pytest.raises(Busy, match=f"3 calls within 60 s .*; acl: {answer.sentence}") as busy:
                await authorized(made)
            assert busy.value.status == 429
            assert len(upstream.asked) == 3
            await asyncio.sleep(busy.value.seconds)
            with pytest.raises(error):
                await authorized(made)
            assert len(upstream.asked) == 4

    lived(life())


def test_who_asks_an_upstream_that_is_away_again_when_told_to_meets_no_limit() -> None:
    async def life() -> None:
        upstream = Upstream(UNKNOWN)
        async with leader(api(asks("orders")), upstream) as made:
            for _ in range(9):
                with pytest.raises(Busy, match="no answer within 3 s") as busy:
                    await authorized(made)
                await asyncio.sleep(busy.value.seconds)

    lived(life())


def test_a_pod_whose_former_address_cannot_be_revoked_hears_of_it_in_time() -> None:
    async def life() -> None:
        pod, loop = asks("orders"), asyncio.get_running_loop()
        held, upstream = api(pod), Upstream()
        async with leader(held, upstream) as made:
            await authorized(made)
            upstream.answer = UNKNOWN
            pod["status"] |= {"podIP": "10.0.0.8", "podIPs": [{"ip": "10.0.0.8"}]}
            begun = loop.time()
            with pytest.raises(Busy, match="former address is still to be revoked by acl"):
                await authorized(made, seconds=20)
            assert loop.time() - begun < 21

    lived(life())


def test_a_sidecars_word_counts_only_for_what_the_api_server_shows() -> None:
    async def life() -> None:
        pod = asks("orders")
        pod["spec"] |= {"restartPolicy": "Never", "containers": [{"name": "main"}]}
        held, upstream = api(pod), Upstream()
        async with leader(held, upstream) as made:
            await authorized(made)
            assert made.authorizing is not None
            _, ended = await made.authorizing.release(OWNER.uid)
            assert not ended
            pod["status"]["containerStatuses"] = [{"name": "main", "state": {"terminated": {"exitCode": 0}}}]
            _, ended = await made.authorizing.release(OWNER.uid)
            assert ended
            await asyncio.sleep(2)
            assert not upstream.held

    lived(life())


def test_whoever_is_being_answered_when_the_leader_leaves_is_sent_to_another() -> None:
    """A sidecar whose application has ended, and a pod whose address is another than its Grant's."""

    async def life() -> None:
        pod = asks("orders")
        pod["spec"] |= {"restartPolicy": "Never", "containers": [{"name": "main"}]}
        async with leader(api(pod), Upstream()) as made:
            await authorized(made)
            left = made.authorizing
        assert left is not None
        pod["status"]["containerStatuses"] = [{"name": "main", "state": {"terminated": {"exitCode": 0}}}]
        with pytest.raises(Busy, match="another replica leads"):
            await left.release(OWNER.uid)
        pod["status"] |= {"podIP": "10.0.0.8", "podIPs": []}
        with pytest.raises(Busy, match="another replica leads"):
            await left.authorize(OWNER.uid, asyncio.get_running_loop().time() + 20, lambda who, asked: None)

    lived(life())
