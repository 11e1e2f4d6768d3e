"""Grants that somebody else wrote, followed: people are overruled, and what a leader of before says is heard."""

import asyncio
from collections.abc import Callable
from typing import Any, NoReturn

from webhook.errors import ApiError
from webhook.gateway.endings import Start
from webhook.gateway.following import PAUSE, follow
from webhook.gateway.ledger import Ledger
from webhook.gateway.looks import Looks
from webhook.gateway.watching import Watching
from webhook.gateway.world import Api

Json = dict[str, Any]


class Guarding:
    """`clock`: seconds since 1970."""

    def __init__(self, api: Api, ledger: Ledger, watching: Watching, clock: Callable[[], float], start: Start) -> None:
        self._api, self._ledger, self._watching, self._clock = api, ledger, watching, clock
        self._looks = Looks(self._look, start)
        self._heard: dict[str, str] = {}

    async def follow(self) -> NoReturn:
        await follow(self._api.grants, self._api.grant_changes, self._whole, self._changed)

    def _whole(self, held: list[Json]) -> None:
        versions = {grant["metadata"]["name"]: grant["metadata"]["resourceVersion"] for grant in held}
        for uid in {**versions, **self._ledger.grants}:
            self._compare(uid, versions.get(uid, ""))

    def _changed(self, held: Json, is_there: bool) -> None:
        self._compare(held["metadata"]["name"], held["metadata"]["resourceVersion"] if is_there else "")

    def _compare(self, uid: str, version: str) -> None:
        """Most events are of our own writes, some of which are older than what we know."""
        if not self._ledger.knows(uid, version):
            self._heard[uid] = version
            self._looks.at(uid)

    async def _look(self, uid: str) -> None:
        heard = self._heard.pop(uid)
        while True:
            try:
                if await self._ledger.restore(uid, heard, self._clock()):
                    self._watching.look(uid)
                return
            except ApiError:
                await asyncio.sleep(PAUSE)
