"""The ledger: all Grants, as this process wrote them. While it leads nobody else writes, so what it holds is what is so."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from typing import Any

from webhook.errors import ApiError
from webhook.gateway.grants import stored
from webhook.gateway.grants.grant import Attempt, Entry, Grant, Key
from webhook.gateway.grants.index import Index
from webhook.gateway.keys import Keys
from webhook.gateway.world import Api

Json = dict[str, Any]

TRIES = 5
"""Of one write: people edit Grants, too, and theirs does not count."""
VERSIONS = 8
"""Of a Grant, the last ones: whoever follows it may hear late of them."""


class Ledger:
    """`leads`: whether this process may still speak for all; whoever does not overwrites nothing that another wrote."""

    def __init__(self, api: Api, leads: Callable[[], bool]) -> None:
        self._api, self._leads = api, leads
        self.grants: dict[str, Grant] = {}
        """By the pod's uid, for others to read."""
        self.index = Index()
        self._versions = defaultdict[str, deque[str]](partial(deque, maxlen=VERSIONS))
        self._unwritten: set[str] = set()
        self._writing = Keys[str]()

    async def load(self, now: float) -> list[str]:
        """Everything anew, as whoever led before left it. Returns a sentence for each that cannot be read. Raises ApiError."""
        grants, unreadable = {}, []
        for held in (await self._api.grants())[0]:
            try:
                grant = stored.read(held).not_later(now)
                grants[grant.owner.uid] = grant
            except stored.Unreadable as error:
                unreadable.append(str(error))
        self.grants, self.index, self._unwritten = grants, Index(grants.values()), set()
        return unreadable

    def holders(self, key: Key) -> list[Grant]:
        return [grant for uid in self.index.of_key(key) if key in (grant := self.grants[uid]).holds]

    def held(self) -> Iterator[Entry]:
        """Of pods that live, and of pods that have ended."""
        for grant in self.grants.values():
            yield from grant.held

    def attempts(self, namespace: str, application: str, address: str | None = None) -> Iterator[Attempt]:
        """Of an application in a namespace, at one address or all."""
        for uid in self.index.of_application(namespace, application):
            for entry in self.grants[uid].entries:
                if address in (None, entry.key.address):
                    yield from entry.attempts

    async def begin(self, grant: Grant, now: float) -> None:
        """A new one, or in place of one that has ended and of which nothing is held, whose attempts count on.

        Raises ApiError, as `change` does.
        """
        uid = grant.owner.uid
        async with self._writing.alone(uid):
            if uid in self.grants:
                # Only its status could be written.
                self._must_lead()
                await self._api.delete(uid, self.grants[uid].version)
                grant = grant._replace(entries=self.grants[uid].entries)
            self._keep(grant)
        await self._written(uid, now)

    async def change(self, uid: str, edit: Callable[[Grant], Grant], now: float) -> None:
        """Raises ApiError. The change is known all the same, and comes with the next write."""
        self._keep(edit(self.grants[uid]))
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
                self._must_lead()
                try:
                    await self._write(self.grants[uid], now)
                except ApiError as error:
                    if error.status not in (404, 409) or not left:
                        raise
                    self._take(uid, await self._api.grant(uid), now)

    def knows(self, uid: str, version: str) -> bool:
        """Whether the ledger has that version of a Grant, "" for none, or had it before."""
        if uid not in self.grants:
            return not version
        return version == self.grants[uid].version or version in self._versions[uid]

    async def restore(self, uid: str, heard: str, now: float) -> bool:
        """Overrules what somebody else wrote or deleted, and takes what is unknown. Returns whether there was anything to do.

        `heard`: the version of which somebody told; most are of writes that are being answered. Raises ApiError.
        """
        async with self._writing.alone(uid):
            if self.knows(uid, heard):
                return False
            held = await self._api.grant(uid)
            if uid not in self.grants:
                return held is not None and self._adopted(held, now)
            if held is not None and held["metadata"]["resourceVersion"] == self.grants[uid].version:
                return True
            if held is not None and held.get("spec") != stored.new(self.grants[uid])["spec"]:
                # Only its status is ever written.
                self._must_lead()
                await self._api.delete(uid, held["metadata"]["resourceVersion"])
                held = None
            self._take(uid, held, now)
        await self._written(uid, now)
        return True

    def _adopted(self, held: Json, now: float) -> bool:
        try:
            self._keep(stored.read(held).not_later(now))
        except stored.Unreadable:
            return False
        return True

    def _take(self, uid: str, held: Json | None, now: float) -> None:
        """Somebody else was faster. All that counts of his words is that an upstream may hold something: a leader of before
        says so."""
        self._know(uid, held["metadata"]["resourceVersion"] if held else "")
        with suppress(stored.Unreadable):
            for entry in stored.read(held).not_later(now).entries if held else ():
                known = self.grants[uid].entry(entry.key)
                if entry.state == "pending" and (known is None or known.state in ("refused", "revoked")):
                    self._keep(self.grants[uid].with_entry(entry))

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
        if version:
            self._versions[uid].append(version)
        self.grants[uid] = self.grants[uid]._replace(version=version)

    async def settle(self, key: Key, now: float) -> None:
        """Writes what could not be written of all that ever held the key. Raises ApiError."""
        for uid in self.index.of_key(key):
            if uid in self._unwritten:
                await self._written(uid, now)

    async def drop(self, uid: str) -> None:
        """One that has ended, and has not begun anew or held anything meanwhile. Raises ApiError."""
        async with self._writing.alone(uid):
            grant = self.grants.get(uid)
            if grant and grant.ended and not grant.held:
                self._must_lead()
                await self._api.delete(uid, grant.version)
                del self.grants[uid]
                self.index.drop(uid)
                self._unwritten.discard(uid)
                self._versions.pop(uid, None)

    async def testify(self, uid: str, entry: Entry, now: float) -> None:
        """Whoever leads now is told that an upstream may have an entry again. Raises ApiError."""
        held = await self._api.grant(uid)
        grant = stored.read(held) if held else self.grants[uid]._replace(ended="its gateway led no more", entries=(), version="")
        known = grant.entry(entry.key)
        if grant.ended or known is None or known.state not in ("pending", "active"):
            self._keep(grant.with_entry((known or entry)._replace(state="pending")))
            await self._write(self.grants[uid], now)

    def _must_lead(self) -> None:
        if not self._leads():
            raise ApiError(0, "NotLeading", "another replica leads")

    def _keep(self, grant: Grant) -> None:
        self.grants[grant.owner.uid] = grant
        self.index.add(grant)
