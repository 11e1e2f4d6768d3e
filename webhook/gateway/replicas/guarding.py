"""Grants that somebody else wrote, followed: people are overruled, and what a leader of before says is heard."""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

from webhook.errors import ApiError
from webhook.gateway.grants.grant import Grant
from webhook.gateway.grants.ledger import Ledger
from webhook.gateway.grants.written import Written
from webhook.gateway.pods.endings import Start
from webhook.gateway.pods.following import PAUSE, follow
from webhook.gateway.pods.looks import Looks
from webhook.gateway.pods.watching import Watching
from webhook.gateway.world import Api

Json = dict[str, Any]


class Guarding:
    """`clock`: seconds since 1970; `told`: hears of Grants that are as they were again, after others wrote or deleted them."""

    def __init__(
        self,
        api: Api,
        written: Written,
        ledger: Ledger,
        watching: Watching,
        clock: Callable[[], float],
        told: Callable[[Grant], None],
        start: Start,
    ) -> None:
        self._api, self._written, self._ledger = api, written, ledger
        self._watching, self._clock, self._told = watching, clock, told
        self._looks = Looks(self._look, start)
        self._heard: dict[str, str] = {}
        self._edited: set[str] = set()

    async def follow(self) -> NoReturn:
        await follow(self._api.grants, self._api.grant_changes, self._whole, self._changed)

    def _whole(self, held: list[Json]) -> None:
        versions = {grant["metadata"]["name"]: grant["metadata"]["resourceVersion"] for grant in held}
        # Of one that is missing nothing is told: the list may be older than it.
        for grant in held:
            self._judge(grant)
        for uid in {**versions, **self._ledger.grants}:
            self._compare(uid, versions.get(uid, ""))
        self._written.forget({*versions, *self._ledger.grants})

    def _changed(self, held: Json, is_there: bool) -> None:
        uid = held["metadata"]["name"]
        if is_there:
            self._judge(held)
        elif not self._written.deleted(uid) and uid in self._ledger.grants:
            self._edited.add(uid)
        self._compare(uid, held["metadata"]["resourceVersion"] if is_there else "")

    def _judge(self, held: Json) -> None:
        uid = held["metadata"]["name"]
        if uid not in self._ledger.grants:
            self._written.know(held)
        elif not self._written.is_known(held):
            self._edited.add(uid)

    def _compare(self, uid: str, version: str) -> None:
        """Most events are of our own writes, some of which are older than what we know."""
        if uid in self._edited or not self._ledger.knows(uid, version):
            self._heard[uid] = version
            self._looks.at(uid)

    async def _look(self, uid: str) -> None:
        heard = self._heard.pop(uid)
        while True:
            try:
                if await self._ledger.restore(uid, heard, self._clock()):
                    self._watching.look(uid)
                break
            except ApiError:
                await asyncio.sleep(PAUSE)
        if uid in self._edited:
            self._edited.discard(uid)
            if grant := self._ledger.grants.get(uid):
                self._told(grant)
