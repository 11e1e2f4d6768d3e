"""What is done at upstreams: one entry granted, or revoked. Serial by key, in the upstream's line, and in the ledger first."""

import asyncio
from collections.abc import Callable, Mapping
from typing import NoReturn

from webhook.errors import ApiError
from webhook.gateway.errors import Busy, Denied, another_leads, unwritten
from webhook.gateway.grants.grant import HELD, Attempt, Call, Entry, Key, Outcome, State
from webhook.gateway.grants.ledger import Ledger
from webhook.gateway.keys import Keys
from webhook.gateway.upstreams.asking import Asking
from webhook.gateway.upstreams.limits import CALLS, closed
from webhook.gateway.upstreams.running import Running
from webhook.gateway.world import Answer

FOREVER = float("inf")
TESTIFIES = (0.0, 0.0, 1.0, 2.0, 4.0, 8.0)
"""Seconds after each time in which it failed: nobody else knows."""


class Work:
    """`clock`: seconds since 1970. `leads`: whether this process may still speak for all."""

    def __init__(
        self,
        ledger: Ledger,
        upstreams: Mapping[str, Asking],
        window: float,
        clock: Callable[[], float],
        leads: Callable[[], bool],
    ) -> None:
        self._ledger, self._upstreams = ledger, upstreams
        self._window, self._clock, self._leads = window, clock, leads
        self._keys = Keys[Key]()
        self._running = Running()

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
            while not self._is_active(uid, entry.key):
                self._must_live(uid, entry.key.address)
                self._must_be_open(uid, entry, upstream)
                await upstream.behind(entry.key, True, deadline)
                async with upstream.turn(deadline):
                    self._must_lead()
                    self._must_live(uid, entry.key.address)
                    # Others may have asked while it waited.
                    self._must_be_open(uid, entry, upstream)
                    begun.set()
                    await self._asked(uid, entry, call, upstream)
                    begun.clear()

    def inherit(self) -> None:
        """What whoever led before may have lost; the policy may know an upstream no more."""
        for entry in self._ledger.held():
            if upstream := self._upstreams.get(entry.key.upstream):
                upstream.inherit(entry)

    def _must_be_open(self, uid: str, entry: Entry, upstream: Asking) -> None:
        owner, address = self._ledger.grants[uid].owner, entry.key.address
        here = self._ledger.attempts(owner.namespace, owner.application, address)
        everywhere = self._ledger.attempts(owner.namespace, owner.application)
        if why := closed(here, everywhere, self._clock(), self._window, upstream.timeout):
            known = self._entry(uid, entry.key)
            cause = f"; {entry.key.upstream}: {known.reason}" if known and known.reason else ""
            raise Busy(429, why.sentence + cause, why.seconds)

    async def _asked(self, uid: str, entry: Entry, call: Call, upstream: Asking) -> None:
        before = self._entry(uid, entry.key)
        known = before or entry
        attempt = Attempt(self._clock(), "pending")
        known = known.since(attempt.at - max(2 * self._window, 2 * upstream.timeout))
        try:
            await self._note(uid, known._replace(state="pending", attempts=(*known.attempts, attempt)))
        except Busy:
            # Nobody was asked.
            self._ledger.take_back(uid, entry.key, before)
            raise
        answer, stays = await upstream.call(entry.key, call, False, self._must_lead)
        if not self._leads():
            await self._testified(uid, known)
        state, outcome = _OUTCOMES[answer.done]
        if state == "active" and not stays:
            # To be asked once more.
            state = "pending"
        if state == "refused" and before is not None and before.state in HELD:
            # An earlier call, which went without an answer, may have been done.
            state = "pending"
        said = attempt._replace(outcome=outcome)
        await self._note(uid, known._replace(state=state, attempts=(*known.attempts, said), reason=_reason(answer)))
        if answer.done is False:
            raise Denied(403, "refused", f"{entry.key.upstream}: {answer.sentence}")
        if answer.done is None:
            # The calls that an address has shall last for as long as the upstream is away.
            raise Busy(503, f"{entry.key.upstream}: {answer.sentence}", self._window / CALLS)

    async def _testified(self, uid: str, entry: Entry) -> NoReturn:
        """This process was stopped for so long that another leads, which may have revoked already what was granted just now."""
        for pause in TESTIFIES:
            try:
                await self._ledger.testify(uid, entry, self._clock())
            except ApiError:
                await asyncio.sleep(pause)
            else:
                break
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
            upstream = self._upstreams.get(key.upstream)
            if any(self._is_active(other.owner.uid, key) for other in self._ledger.holders(key)):
                if upstream and not upstream.is_settled(key):
                    # It may come about after the other pod has ended, too.
                    return False
                await self._note(uid, entry._replace(state="revoked", reason="another pod holds it"))
                return True
            if upstream is None:
                await self._note(uid, entry._replace(state="revoking", reason=f"the policy has no upstream {key.upstream}"))
                return False
            while True:
                async with upstream.turn(FOREVER):
                    self._must_lead()
                    await self._note(uid, entry._replace(state="revoking"))
                    answer, stays = await upstream.call(key, entry.revoke, True, self._must_lead)
                is_final = bool(answer.done) and stays
                state: State = "revoked" if is_final else "revoking"
                await self._note(uid, entry._replace(state=state, reason=_reason(answer)))
                if is_final or not answer.done:
                    return is_final
                await upstream.behind(key, False, FOREVER)

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
