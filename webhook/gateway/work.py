"""What is done at upstreams: one entry granted, or revoked. Serial by key, in the upstream's line, and in the ledger first."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NamedTuple, NoReturn

from webhook.errors import ApiError
from webhook.gateway.astray import Astray
from webhook.gateway.errors import Busy, Denied, another_leads, unwritten
from webhook.gateway.grant import HELD, Attempt, Call, Entry, Key, Outcome, State
from webhook.gateway.keys import Keys
from webhook.gateway.ledger import Ledger
from webhook.gateway.limits import closed
from webhook.gateway.queue import Late, Queue
from webhook.gateway.running import Running
from webhook.gateway.world import Answer, Ask

FOREVER = float("inf")


class Upstream(NamedTuple):
    queue: Queue
    timeout: float


class Work:
    """`clock`: seconds since 1970. `leads`: whether this process may still speak for all."""

    def __init__(
        self,
        ledger: Ledger,
        ask: Ask,
        upstreams: Mapping[str, Upstream],
        window: float,
        clock: Callable[[], float],
        leads: Callable[[], bool],
    ) -> None:
        self._ledger, self._ask, self._upstreams = ledger, ask, upstreams
        self._window, self._clock, self._leads = window, clock, leads
        self._keys = Keys[Key]()
        self._running = Running()
        self._astray = {name: Astray(upstream.timeout, clock) for name, upstream in upstreams.items()}

    async def grant(self, uid: str, entry: Entry, call: Call, deadline: float) -> None:
        """Returns once the upstream holds the entry for the pod, whose Grant is in the ledger. `deadline`: in the loop's time.

        Raises Busy or Denied. Who goes away while the upstream is asked leaves the rest to be done.
        """
        await self._running.run(lambda begun: self._grant(uid, entry, call, deadline, begun))

    async def finish(self) -> None:
        """Nothing more is asked; returns once upstreams that were asked have answered, and the ledger knows what."""
        await self._running.finish()

    async def _grant(self, uid: str, entry: Entry, call: Call, deadline: float, begun: asyncio.Event) -> None:
        upstream = self._upstreams[entry.key.upstream]
        async with self._keys.alone(entry.key):
            await self._settle(entry.key)
            self._must_live(uid, entry.key.address)
            if self._is_active(uid, entry.key):
                return
            self._must_be_open(uid, entry, upstream)
            await self._astray[entry.key.upstream].come(entry.key, deadline)
            try:
                async with upstream.queue.turn(deadline):
                    self._must_lead()
                    self._must_live(uid, entry.key.address)
                    # Others may have asked while it waited.
                    self._must_be_open(uid, entry, upstream)
                    begun.set()
                    await self._asked(uid, entry, call)
            except Late as error:
                raise Busy(503, f"{entry.key.upstream} is busy: {error}", error.seconds) from None

    def expect(self, key: Key) -> None:
        """A revoke of it may be on its way, of whoever led before; the policy may know its upstream no more."""
        if key.upstream in self._astray:
            self._astray[key.upstream].expect(key)

    def _must_be_open(self, uid: str, entry: Entry, upstream: Upstream) -> None:
        owner, address = self._ledger.grants[uid].owner, entry.key.address
        here = self._ledger.attempts(owner.namespace, owner.application, address)
        everywhere = self._ledger.attempts(owner.namespace, owner.application)
        if why := closed(here, everywhere, self._clock(), self._window, upstream.timeout):
            raise Busy(429, why.sentence, why.seconds)

    async def _asked(self, uid: str, entry: Entry, call: Call) -> None:
        before = self._entry(uid, entry.key)
        known = before or entry
        attempt = Attempt(self._clock(), "pending")
        timeout = self._upstreams[entry.key.upstream].timeout
        known = known.since(attempt.at - max(2 * self._window, 2 * timeout))
        try:
            await self._note(uid, known._replace(state="pending", attempts=(*known.attempts, attempt)))
        except Busy:
            # Nobody was asked.
            self._ledger.take_back(uid, entry.key, before)
            raise
        await self._upstreams[entry.key.upstream].queue.pace()
        self._must_lead()
        answer = await self._ask(entry.key.upstream, call, revoke=False)
        if not self._leads():
            await self._testified(uid, known)
        state, outcome = _OUTCOMES[answer.done]
        if state == "refused" and before is not None and before.state in HELD:
            # An earlier call, which went without an answer, may have been done.
            state = "pending"
        said = attempt._replace(outcome=outcome)
        await self._note(uid, known._replace(state=state, attempts=(*known.attempts, said), reason=_reason(answer)))
        if answer.done is False:
            raise Denied(403, "refused", f"{entry.key.upstream}: {answer.sentence}")
        if answer.done is None:
            raise Busy(503, f"{entry.key.upstream}: {answer.sentence}", 1)

    async def _testified(self, uid: str, entry: Entry) -> NoReturn:
        """This process was stopped for so long that another leads, which may have revoked already what was granted just now."""
        try:
            await self._ledger.testify(uid, entry, self._clock())
        except ApiError as error:
            raise unwritten(error) from None
        raise another_leads()

    async def revoke(self, uid: str, key: Key) -> bool:
        """Whether the upstream holds nothing any more for a pod that has ended: confirmed, or another pod's by now.

        What was granted without an answer may still be on its way: until it must have come, nothing that is confirmed is final.
        """
        async with self._keys.alone(key):
            entry = self._entry(uid, key)
            if entry is None or entry.state in ("refused", "revoked"):
                return True
            await self._settle(key)
            if any(self._is_active(other.owner.uid, key) for other in self._ledger.holders(key)):
                await self._note(uid, entry._replace(state="revoked", reason="another pod holds it"))
                return True
            if key.upstream not in self._upstreams:
                await self._note(uid, entry._replace(state="revoking", reason=f"the policy has no upstream {key.upstream}"))
                return False
            async with self._upstreams[key.upstream].queue.turn(FOREVER):
                self._must_lead()
                await self._note(uid, entry._replace(state="revoking"))
                await self._upstreams[key.upstream].queue.pace()
                begun = self._clock()
                self._must_lead()
                answer = await self._ask(key.upstream, entry.revoke, revoke=True)
            is_final = self._astray[key.upstream].is_final(uid, entry, begun, answer)
            state: State = "revoked" if is_final else "revoking"
            await self._note(uid, entry._replace(state=state, reason=_reason(answer)))
            return is_final

    async def _settle(self, key: Key) -> None:
        """Whoever leads next goes by what is written: of a holder that is not, nobody would revoke the entry; by one whose end is
        not, others would hold for granted what is revoked."""
        try:
            await self._ledger.settle(key, self._clock())
        except ApiError as error:
            raise unwritten(error) from None

    def _entry(self, uid: str, key: Key) -> Entry | None:
        grant = self._ledger.grants.get(uid)
        return grant.entry(key) if grant else None

    def _is_active(self, uid: str, key: Key) -> bool:
        entry = self._entry(uid, key)
        return entry is not None and entry.state == "active"

    async def _note(self, uid: str, entry: Entry) -> None:
        try:
            await self._ledger.change(uid, lambda grant: grant.with_entry(entry), self._clock())
        except ApiError as error:
            raise unwritten(error) from None

    def _must_lead(self) -> None:
        if not self._leads():
            raise another_leads()

    def _must_live(self, uid: str, address: str) -> None:
        """While it waited for its turn, the pod may have ended, or its sandbox been made again."""
        grant = self._ledger.grants.get(uid)
        if grant is None or grant.ended or address not in grant.addresses:
            raise Denied(403, "ended", "the pod has ended, or has another address")


_OUTCOMES: dict[bool | None, tuple[State, Outcome]] = {
    True: ("active", "granted"),
    False: ("refused", "refused"),
    None: ("pending", "unanswered"),
}
"""What an answer makes of an entry. Where nobody knows it may be there: it is revoked when its pod ends."""


def _reason(answer: Answer) -> str:
    return "" if answer.done else answer.sentence
