"""The ledger: all Grants, as this process wrote them. While it leads nobody else writes, so what it holds is what is so."""

from collections.abc import Callable, Iterator

from webhook.errors import ApiError
from webhook.gateway import stored
from webhook.gateway.grant import Attempt, Entry, Grant, Key
from webhook.gateway.keys import Keys
from webhook.gateway.world import Api

TRIES = 5
"""Of one write: people edit Grants, too, and theirs does not count."""


class Ledger:
    def __init__(self, api: Api) -> None:
        self._api = api
        self.grants: dict[str, Grant] = {}
        """By the pod's uid, for others to read."""
        self._unwritten: set[str] = set()
        self._writing = Keys[str]()

    async def load(self) -> list[str]:
        """Everything anew, as whoever led before left it. Returns a sentence for each that cannot be read. Raises ApiError."""
        grants, unreadable = {}, []
        for held in await self._api.grants():
            try:
                grant = stored.read(held)
                grants[grant.owner.uid] = grant
            except stored.Unreadable as error:
                unreadable.append(str(error))
        self.grants, self._unwritten = grants, set()
        return unreadable

    def holders(self, key: Key) -> list[Grant]:
        return [grant for grant in self.grants.values() if key in grant.holds]

    def attempts(self, namespace: str, application: str, address: str | None = None) -> Iterator[Attempt]:
        """Of an application in a namespace, at one address or all."""
        for grant in self.grants.values():
            if (grant.owner.namespace, grant.owner.application) == (namespace, application):
                for entry in grant.entries:
                    if address in (None, entry.key.address):
                        yield from entry.attempts

    async def add(self, grant: Grant, now: float) -> None:
        """A new one. Raises ApiError, as `change` does."""
        self.grants[grant.owner.uid] = grant
        await self._written(grant.owner.uid, now)

    async def change(self, uid: str, edit: Callable[[Grant], Grant], now: float) -> None:
        """Raises ApiError. The change is known all the same, and comes with the next write."""
        self.grants[uid] = edit(self.grants[uid])
        await self._written(uid, now)

    def take_back(self, uid: str, key: Key, entry: Entry | None) -> None:
        """What was to be written of a key is not so; the next write says what is."""
        grant = self.grants[uid]
        rest = tuple(other for other in grant.entries if other.key != key)
        self.grants[uid] = grant.with_entry(entry) if entry else grant._replace(entries=rest)

    async def _written(self, uid: str, now: float) -> None:
        self._unwritten.add(uid)
        async with self._writing.alone(uid):
            for left in reversed(range(TRIES)):
                if uid not in self._unwritten:
                    return
                try:
                    await self._write(self.grants[uid], now)
                except ApiError as error:
                    if error.status not in (404, 409) or not left:
                        raise
                    held = await self._api.grant(uid)
                    self._know(uid, held["metadata"]["resourceVersion"] if held else "")

    async def _write(self, grant: Grant, now: float) -> None:
        uid = grant.owner.uid
        if not grant.version:
            made = await self._api.create(stored.new(grant))
            grant = grant._replace(version=made["metadata"]["resourceVersion"])
            self._know(uid, grant.version)
        written = await self._api.write(stored.whole(grant, now))
        if self.grants[uid] == grant:
            self._unwritten.discard(uid)
        self._know(uid, written["metadata"]["resourceVersion"])

    def _know(self, uid: str, version: str) -> None:
        self.grants[uid] = self.grants[uid]._replace(version=version)

    async def settle(self, key: Key, now: float) -> None:
        """Writes what could not be written of all that ever held the key. Raises ApiError."""
        for uid, grant in [*self.grants.items()]:
            if uid in self._unwritten and grant.entry(key):
                await self._written(uid, now)

    async def drop(self, uid: str) -> None:
        """Raises ApiError."""
        async with self._writing.alone(uid):
            await self._api.delete(uid)
            self.grants.pop(uid, None)
            self._unwritten.discard(uid)
