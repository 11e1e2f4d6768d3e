"""What the agreement of upstream, ledger and pods rests on: taken away, some life goes wrong. So the lives would tell."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Hashable
from typing import Any

import pytest

from tests.gateway.granted import OWNER
from tests.gateway.leaders import Upstream, api, asks, authorized, leader
from tests.gateway.test_agreement import Life
from tests.gateway.virtual import lived
from webhook.gateway.grants.grant import Entry, Grant, Key
from webhook.gateway.pods import watching
from webhook.gateway.pods.ends import end
from webhook.gateway.upstreams import work

LIVES = 100

Patch = pytest.MonkeyPatch


class Crossing:
    """In place of Keys: nobody waits for anybody."""

    @contextlib.asynccontextmanager
    async def alone(self, key: Hashable) -> AsyncIterator[None]:
        yield


def calls_of_an_entry_may_cross(patch: Patch) -> None:
    patch.setattr(work, "Keys", {Key: Crossing})


def upstreams_are_asked_before_it_is_written(patch: Patch) -> None:
    """It is known, and whoever leads next does not hear of it."""
    note = work.Work._note

    async def noted(self: work.Work, uid: str, entry: Entry) -> None:
        if entry.attempts and entry.attempts[-1].outcome == "pending":
            self._ledger._keep(self._ledger.grants[uid].with_entry(entry))
        else:
            await note(self, uid, entry)

    patch.setattr(work.Work, "_note", noted)


@pytest.mark.parametrize("without", [calls_of_an_entry_may_cross, upstreams_are_asked_before_it_is_written])
def test_some_life_goes_wrong_where(without: Callable[[Patch], None], monkeypatch: Patch) -> None:
    without(monkeypatch)
    for seed in range(LIVES):
        try:
            lived(Life(seed).whole())
        except AssertionError:
            return
    pytest.fail(f"{LIVES} lives went well")


async def replaced() -> bool:
    """Whether the upstream holds nothing for a pod whose name and address another has, which asks for nothing."""
    held, upstream = api(asks("orders")), Upstream()
    async with leader(held, upstream) as made:
        await authorized(made)
        held.ends(OWNER.namespace, OWNER.pod)
        held.starts(asks(metadata={"uid": "another"}))
        await asyncio.sleep(30)
        return not upstream.held


def test_a_grant_stays_for_ever_where_uids_are_not_compared(monkeypatch: Patch) -> None:
    assert lived(replaced())

    def ends(grant: Grant, pod: dict[str, Any] | None) -> str:
        return end(grant, pod and {**pod, "metadata": {**pod["metadata"], "uid": grant.owner.uid}})

    monkeypatch.setattr(watching, "end", ends)
    assert not lived(replaced())
