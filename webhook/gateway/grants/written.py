"""What this process wrote into Grants, by which it knows what others wrote."""

import json
from collections import defaultdict, deque
from collections.abc import Collection
from functools import partial
from typing import Any

from webhook.errors import ApiError
from webhook.gateway.world import Api

Json = dict[str, Any]

KEPT = 64
"""Words of a Grant, the last ones: whoever follows it may hear late of them."""


class Written:
    """`world.Api`, for the ledger alone. A write may have been done although no answer came: what counts is what was sent."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self.review, self.pod, self.pods, self.pod_changes = api.review, api.pod, api.pods, api.pod_changes
        self.grant, self.grant_changes = api.grant, api.grant_changes
        self._known = defaultdict[str, deque[int]](partial(deque, maxlen=KEPT))
        self._deleted: set[str] = set()

    async def grants(self) -> tuple[list[Json], str]:
        """What the one before wrote counts as written here."""
        found, version = await self._api.grants()
        for grant in found:
            self.know(grant)
        return found, version

    async def create(self, grant: Json) -> Json:
        self.know(grant)
        return await self._api.create(grant)

    async def write(self, grant: Json) -> Json:
        self.know(grant)
        return await self._api.write(grant)

    async def delete(self, uid: str, version: str) -> None:
        self._deleted.add(uid)
        try:
            await self._api.delete(uid, version)
        except ApiError as error:
            if error.status == 409:
                self._deleted.discard(uid)
            raise

    def know(self, grant: Json) -> None:
        """As if it were written here."""
        self._known[grant["metadata"]["name"]].append(_words(grant))

    def is_known(self, grant: Json) -> bool:
        return _words(grant) in self._known.get(grant["metadata"]["name"], ())

    def deleted(self, uid: str) -> bool:
        """Whether it was this process whose deletion is heard of just now."""
        ours = uid in self._deleted
        self._deleted.discard(uid)
        return ours

    def forget(self, but: Collection[str]) -> None:
        for uid in self._known.keys() - but:
            del self._known[uid]
        self._deleted &= {*but}


def _words(grant: Json) -> int:
    """Of which there are few; annotations and the like overrule nothing."""
    return hash(json.dumps([grant.get("spec"), grant.get("status")], sort_keys=True))
