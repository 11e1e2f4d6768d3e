"""The pods of the ledger, followed, so that a Grant ends soon after its pod.

The watch may be late, and tells of pods that lost their label as of pods that are gone. So it only says where to look: before
anything ends, the API server is asked how the pod is now.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NoReturn

from webhook.errors import ApiError
from webhook.gateway.grants.ledger import Ledger
from webhook.gateway.pods.endings import Endings, Start
from webhook.gateway.pods.ends import end
from webhook.gateway.pods.following import PAUSE, follow
from webhook.gateway.pods.looks import Looks
from webhook.gateway.world import Api
from webhook.inpod.contract import AUTHORIZE_LABEL

Json = dict[str, Any]
Name = tuple[str, str]
"""Namespace and name."""

OFTEN = 5.0
"""Seconds between two looks at a pod that has lost its label."""


class Watching:
    def __init__(self, api: Api, ledger: Ledger, endings: Endings, start: Start) -> None:
        self._api, self._ledger, self._endings = api, ledger, endings
        self._waiting: defaultdict[Name, set[asyncio.Event]] = defaultdict(set)
        self._looks = Looks(self._look, start)

    async def follow(self) -> NoReturn:
        await follow(self._api.pods, self._api.pod_changes, self._whole, self._changed)

    @asynccontextmanager
    async def changes(self, name: Name) -> AsyncIterator[asyncio.Event]:
        """Set whenever the pod changes while the block runs."""
        event = asyncio.Event()
        self._waiting[name].add(event)
        try:
            yield event
        finally:
            self._waiting[name].discard(event)
            if not self._waiting[name]:
                del self._waiting[name]

    def look(self, uid: str) -> None:
        """Ends a Grant whose pod has ended, as soon as the API server says so."""
        grant = self._ledger.grants.get(uid)
        if grant is not None and grant.ended:
            # Whoever led before may not have come to its end.
            self._endings.end(uid, grant.ended)
        elif grant is not None:
            self._looks.at(uid)

    def _whole(self, pods: list[Json]) -> None:
        found = {_name(pod): pod for pod in pods}
        for uid, grant in [*self._ledger.grants.items()]:
            self._compare(uid, found.get((grant.owner.namespace, grant.owner.pod)))

    def _changed(self, pod: Json, is_there: bool) -> None:
        for event in self._waiting.get(_name(pod), ()):
            event.set()
        for uid in self._ledger.index.of_pod(*_name(pod)):
            self._compare(uid, pod if is_there else None)

    def _compare(self, uid: str, pod: Json | None) -> None:
        if end(self._ledger.grants[uid], pod):
            self.look(uid)

    async def _look(self, uid: str) -> None:
        while (grant := self._ledger.grants.get(uid)) and not grant.ended:
            try:
                pod = await self._api.pod(grant.owner.namespace, grant.owner.pod)
            except ApiError:
                await asyncio.sleep(PAUSE)
                continue
            if why := end(grant, pod):
                self._endings.end(uid, why)
            elif pod and AUTHORIZE_LABEL not in (pod["metadata"].get("labels") or {}):
                # Of this one the watch says nothing more.
                await asyncio.sleep(OFTEN)
                continue
            return


def _name(pod: Json) -> Name:
    return pod["metadata"]["namespace"], pod["metadata"]["name"]
