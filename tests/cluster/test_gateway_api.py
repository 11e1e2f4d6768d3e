"""Grants, Leases and tokens on a real API server, as the gateway uses them."""

import asyncio
import shlex
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar

import pytest

from tests.gateway.grants.test_stored import ACTIVE
from webhook.cluster import Cluster as Client
from webhook.errors import ApiError
from webhook.gateway.errors import Denied
from webhook.gateway.grants import stored
from webhook.gateway.grants.definition import definition
from webhook.gateway.grants.grant import Grant, Owner
from webhook.gateway.grants.ledger import Ledger
from webhook.gateway.grants.written import Written
from webhook.gateway.pods.identity import Caller, caller, confirmed
from webhook.gateway.replicas.election import Election
from webhook.gateway.replicas.live import LiveApi, LiveLease, Threads

from .access import Cluster, Object

pytestmark = pytest.mark.cluster

PAGE = Path(__file__).parents[2] / "docs/gateway.md"
T = TypeVar("T")
NOW = 1_780_000_000.0
OWNER = Owner("shop", "web-1", "5f0c", "web", "shop")
HELD = Grant(OWNER, ("10.0.0.7",), (ACTIVE,))


@pytest.fixture(scope="module")
def ready(alone: Cluster) -> Cluster:
    for name in ("richpod-system", "shop"):
        alone.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    alone.apply(definition())
    alone.kubectl("wait", "--for=condition=Established", "crd/grants.richpod.io", "--timeout=30s")
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "web", "namespace": "shop"}}
    alone.apply(account)
    return alone


@pytest.fixture
def live(ready: Cluster) -> Iterator[Callable[[Callable[[LiveApi], Awaitable[T]]], T]]:
    """Runs something with the gateway's face of the API server; no Grant is left."""

    def run(life: Callable[[LiveApi], Awaitable[T]]) -> T:
        async def whole() -> T:
            return await life(LiveApi(Client(ready.api), Threads(4), Threads(2), Threads(2)))

        return asyncio.run(whole())

    yield run
    ready.kubectl("-n", "richpod-system", "delete", "grants", "--all")


Live = Callable[[Callable[[LiveApi], Awaitable[T]]], T]


def test_what_is_written_is_held_whole(live: Live[None]) -> None:
    """A schema drops what it does not know without a word."""

    async def life(api: LiveApi) -> None:
        ledger = Ledger(api, lambda: True)
        await ledger.begin(HELD, NOW)
        again = Ledger(api, lambda: True)
        assert await again.load(NOW) == []
        assert again.grants == ledger.grants
        (found,) = again.grants.values()
        assert found._replace(version="") == HELD
        await ledger.drop(OWNER.uid)
        assert (await api.grants())[0] != []
        await ledger.change(OWNER.uid, lambda grant: grant._replace(ended="the pod is gone"), NOW)
        await ledger.drop(OWNER.uid)
        assert (await api.grants())[0] != []
        revoked = tuple(entry._replace(state="revoked") for entry in HELD.entries)
        await ledger.change(OWNER.uid, lambda grant: grant._replace(entries=revoked), NOW)
        await ledger.drop(OWNER.uid)
        await ledger.drop(OWNER.uid)
        assert (await api.grants())[0] == []

    live(life)


def test_a_revoke_that_was_written_wrong_is_corrected_as_the_page_says(live: Live[None], ready: Cluster) -> None:
    line = next(line for line in PAGE.read_text().splitlines() if " patch grant " in line)
    words = [
        word.replace("UID", OWNER.uid).replace("ENTRY", "0").replace("URL", "https://acl.example/right")
        for word in shlex.split(line)
    ]

    async def life(api: LiveApi) -> None:
        await Ledger(api, lambda: True).begin(HELD, NOW)
        ready.kubectl(*words[1:])
        again = Ledger(api, lambda: True)
        assert await again.load(NOW) == []
        assert again.grants[OWNER.uid].entries[0].revoke == ACTIVE.revoke._replace(url="https://acl.example/right")

    live(life)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_what_is_no_pods_name_names_no_pod(live: Live[None], name: str) -> None:
    """Somebody may write it into a Grant; the API server answers with a list, or a namespace."""

    async def life(api: LiveApi) -> None:
        assert await api.pod("shop", name) is None

    live(life)


def test_somebody_who_edits_or_deletes_a_grant_is_overruled(live: Live[None], ready: Cluster) -> None:
    async def life(api: LiveApi) -> None:
        ledger = Ledger(api, lambda: True)
        await ledger.begin(HELD, NOW)
        for edit in (("annotate", "grant", OWNER.uid, "a=b"), ("delete", "grant", OWNER.uid)):
            ready.kubectl("-n", "richpod-system", *edit)
            await ledger.change(OWNER.uid, lambda grant: grant._replace(ended="the pod is gone"), NOW)
            held = await api.grant(OWNER.uid)
            assert held is not None
            assert stored.read(held) == ledger.grants[OWNER.uid]

    live(life)


def test_what_it_wrote_it_knows_again_and_what_others_wrote_it_does_not(live: Live[None], ready: Cluster) -> None:
    async def life(api: LiveApi) -> None:
        written = Written(api)
        ledger = Ledger(written, lambda: True)
        changes = api.grant_changes((await api.grants())[1])
        await ledger.begin(HELD, NOW)
        await ledger.change(OWNER.uid, lambda grant: grant._replace(ended="the pod is gone"), NOW)
        ready.kubectl("-n", "richpod-system", "annotate", "grant", OWNER.uid, "a=b")
        for _ in ("created", "written", "changed", "annotated"):
            assert written.is_known((await anext(changes))["object"])
        edit = ["--subresource=status", "--type=merge", '--patch={"status": {"ended": ""}}']
        ready.kubectl("-n", "richpod-system", "patch", "grant", OWNER.uid, *edit)
        assert not written.is_known((await anext(changes))["object"])
        ready.kubectl("-n", "richpod-system", "delete", "grant", OWNER.uid)
        assert (await anext(changes))["type"] == "DELETED"
        assert not written.deleted(OWNER.uid)

    live(life)


def test_people_see_what_it_is_about(live: Live[None], ready: Cluster) -> None:
    async def life(api: LiveApi) -> None:
        await Ledger(api, lambda: True).begin(HELD, NOW)

    live(life)
    head, row = ready.kubectl("-n", "richpod-system", "get", "grants").splitlines()
    assert head.split() == ["NAME", "NAMESPACE", "POD", "APPLICATION", "ADDRESS", "KINDS", "PHASE", "ATTEMPTS", "AGE"]
    assert row.split()[:-1] == [OWNER.uid, "shop", "web-1", "shop", "10.0.0.7", "orders", "Active", "1"]
    ready.kubectl("-n", "richpod-system", "wait", "--for=condition=Granted", f"grant/{OWNER.uid}", "--timeout=1s")


@pytest.fixture
def subject(ready: Cluster) -> Iterator[Object]:
    (made,) = ready.apply(
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "web-1", "namespace": "shop"},
            "spec": {"serviceAccountName": "web", "schedulerName": "none", "containers": [{"name": "main", "image": "app:1"}]},
        }
    )
    yield made
    ready.kubectl("-n", "shop", "delete", "pod", "web-1", "--ignore-not-found", "--grace-period=0", "--force")


def token(cluster: Cluster, *options: str) -> str:
    return cluster.kubectl("-n", "shop", "create", "token", "web", *options).strip()


BOUND = ("--bound-object-kind=Pod", "--bound-object-name=web-1")
OURS = "--audience=richpod-gateway"


def test_a_bound_token_names_its_pod_and_no_other_token_does(live: Live[None], ready: Cluster, subject: Object) -> None:
    uid = subject["metadata"]["uid"]
    tokens = [token(ready, OURS, *BOUND), token(ready, "--audience=other", *BOUND), token(ready, OURS), token(ready)]

    async def life(api: LiveApi) -> None:
        who = caller(await api.review(tokens[0]))
        assert who == Caller("shop", "web", "web-1", uid)
        assert confirmed(who, await api.pod("shop", "web-1"))["metadata"]["uid"] == uid
        for other, reason in zip((*tokens[1:], "nonsense"), ("token", "unbound", "token", "token"), strict=True):
            with pytest.raises(Denied) as denied:
                caller(await api.review(other))
            assert denied.value.reason == reason
        with pytest.raises(ApiError):
            await api.review("")

    live(life)


def test_a_token_outlives_its_pod_for_a_moment_and_the_pod_says_so(live: Live[None], ready: Cluster, subject: Object) -> None:
    given = token(ready, OURS, *BOUND)

    async def life(api: LiveApi) -> None:
        who = caller(await api.review(given))
        ready.kubectl("-n", "shop", "delete", "pod", "web-1", "--grace-period=0", "--force")
        assert caller(await api.review(given)) == who
        with pytest.raises(Denied, match="there is no pod shop/web-1"):
            confirmed(who, await api.pod("shop", "web-1"))

    live(life)


def test_one_of_two_leads_and_leaves_to_the_other(ready: Cluster) -> None:
    async def life() -> None:
        lease = LiveLease(Client(ready.api), Threads(2), 2)
        first, second = (Election(lease, name, 2, monotonic, lambda: datetime.now(UTC)) for name in ("a", "b"))
        for one in (first, second, first, second):
            await one.look()
        assert (first.leads(), second.leads(), second.holder) == (True, False, "a")

        async def finish() -> bool:
            return True

        await first.leave(finish)
        await second.look()
        assert (first.leads(), second.leads()) == (False, True)

    asyncio.run(life())
