"""A Grant: what the ledger knows of one pod's authorizations. Named by the pod's uid, written before an upstream hears of it."""

from typing import Literal, NamedTuple

Outcome = Literal["pending", "granted", "refused", "unanswered"]
State = Literal["pending", "active", "refused", "revoking", "revoked"]
HELD: tuple[State, ...] = ("pending", "active", "revoking")
"""The upstream may have an entry in each of them: what was pending when the process ended may have been done."""


class Attempt(NamedTuple):
    """A call that asks an upstream to grant: when it was about to begin, in seconds since 1970, and what came of it."""

    at: float
    outcome: Outcome


class Key(NamedTuple):
    """One entry of an upstream; pods may hold it together, or one after the other.

    `entry` is a hash of the call that revokes it, but for the address: what is taken back by the same words is the same entry.
    """

    upstream: str
    entry: str
    address: str


class Call(NamedTuple):
    """An HTTP call without its headers: those may hold credentials, and come from the upstream's settings."""

    method: str
    url: str
    body: str


class Entry(NamedTuple):
    """`grant`: its name in the policy. `revoke` was made when it was granted, and holds whatever the policy says by then."""

    grant: str
    key: Key
    revoke: Call
    state: State
    attempts: tuple[Attempt, ...] = ()
    reason: str = ""

    def not_later(self, now: float) -> "Entry":
        return self._replace(attempts=tuple(attempt._replace(at=min(attempt.at, now)) for attempt in self.attempts))

    def since(self, at: float) -> "Entry":
        """Without attempts of before: of a pod that asks for days they would fill its Grant."""
        return self._replace(attempts=tuple(attempt for attempt in self.attempts if attempt.at > at))

    @property
    def unknown(self) -> tuple[Attempt, ...]:
        """Those that went without an answer."""
        return tuple(attempt for attempt in self.attempts if attempt.outcome in ("pending", "unanswered"))


class Owner(NamedTuple):
    """The pod, and for whom it acts."""

    namespace: str
    pod: str
    uid: str
    service_account: str
    application: str


class Grant(NamedTuple):
    """`ended`: why the pod no longer holds it, "" while it does. `version`: the resourceVersion it was read with."""

    owner: Owner
    addresses: tuple[str, ...]
    entries: tuple[Entry, ...] = ()
    ended: str = ""
    version: str = ""

    def entry(self, key: Key) -> Entry | None:
        return next((entry for entry in self.entries if entry.key == key), None)

    def with_entry(self, entry: Entry) -> "Grant":
        """In place of the one with its key, or behind all others."""
        if self.entry(entry.key) is None:
            return self._replace(entries=(*self.entries, entry))
        return self._replace(entries=tuple(entry if other.key == entry.key else other for other in self.entries))

    def not_later(self, now: float) -> "Grant":
        """Times that are still to come are now: another clock wrote them."""
        return self._replace(entries=tuple(entry.not_later(now) for entry in self.entries))

    @property
    def held(self) -> tuple[Entry, ...]:
        """What upstreams may have of it."""
        return tuple(entry for entry in self.entries if entry.state in HELD)

    @property
    def holds(self) -> frozenset[Key]:
        """What must stay at the upstreams for its sake."""
        return frozenset(() if self.ended else (entry.key for entry in self.held))
