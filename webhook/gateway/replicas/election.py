"""Who leads: whoever renews one Lease. Clocks are never compared: a lease is over when nothing changed in it for its duration."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from webhook.errors import ApiError
from webhook.installation import GATEWAY, NAMESPACE

Json = dict[str, Any]

PATH = f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases"
CLOSE = "richpod.io/close"
SURE = 0.7
"""Of a lease's duration, from when its renewal was begun: so long the leader acts. The rest is for what is on its way then."""
OFTEN = 0.2
"""Of its duration: between two looks."""
FOREVER = float("inf")


class Leases(Protocol):
    """One Lease of an API server. Each raises ApiError."""

    async def read(self) -> Json | None: ...

    async def create(self, lease: Json) -> Json: ...

    async def replace(self, lease: Json) -> Json:
        """409 where somebody else was faster."""


class Seen(NamedTuple):
    """A Lease as it was last read, and since when it has been so, by a clock that nobody sets."""

    holder: str
    version: str
    duration: float
    since: float


class Election:
    """`me`: a word that no other process has, now or before. `clock`: seconds that only ever grow, also while this is stopped."""

    def __init__(self, leases: Leases, me: str, duration: int, clock: Callable[[], float], today: Callable[[], datetime]) -> None:
        self._leases, self._me, self._duration = leases, me, duration
        self._clock, self._today = clock, today
        self._seen: Seen | None = None
        self._until = float("-inf")
        self.term = 0
        """A number that grows with each change of who leads."""
        self.quiet = FOREVER
        """Seconds for which whoever led before has begun nothing when this one begins; for ever, where it has left."""
        self.closes = False
        """Whether somebody asks for an end of everything, by an annotation of the Lease."""

    def leads(self) -> bool:
        return self._clock() < self._until

    @property
    def holder(self) -> str:
        """Who led when it was last looked; "" for nobody."""
        return self._seen.holder if self._seen else ""

    async def look(self) -> float:
        """Looks, and renews or takes the lease where it may. Returns seconds until the next look."""
        # Where nothing is known, what this process holds it holds until it is over.
        with suppress(ApiError):
            await self._look()
        return self._duration * OFTEN

    async def _look(self) -> None:
        begun = self._clock()
        held = await self._leases.read()
        if held is None:
            self._won(await self._leases.create(self._lease(None)), begun, FOREVER)
            return
        self.closes = (held["metadata"].get("annotations") or {}).get(CLOSE) == "true"
        spec, version = held.get("spec") or {}, held["metadata"]["resourceVersion"]
        if self._seen is None or self._seen.version != version:
            duration = float(spec.get("leaseDurationSeconds") or self._duration)
            self._seen = Seen(spec.get("holderIdentity") or "", version, duration, begun)
        free = self._seen.holder in ("", self._me) or begun > self._seen.since + self._seen.duration
        if free:
            left, mine = self._seen.holder == "", self._seen.holder == self._me
            quiet = FOREVER if left else 0.0 if mine else (1 - SURE) * self._seen.duration
            self._won(await self._leases.replace(self._lease(held)), begun, quiet)

    def _won(self, lease: Json, begun: float, quiet: float) -> None:
        self.term, self.quiet = int(lease["spec"].get("leaseTransitions") or 0), quiet
        self._seen = Seen(self._me, lease["metadata"]["resourceVersion"], self._duration, begun)
        self._until = begun + SURE * self._duration

    def _lease(self, before: Json | None) -> Json:
        now = self._today().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        spec: Json = dict((before or {}).get("spec") or {})
        if spec.get("holderIdentity") != self._me:
            spec |= {
                "holderIdentity": self._me,
                "acquireTime": now,
                "leaseTransitions": int(spec.get("leaseTransitions") or 0) + 1,
            }
        spec |= {"leaseDurationSeconds": self._duration, "renewTime": now}
        metadata = before["metadata"] if before else {"name": GATEWAY, "namespace": NAMESPACE}
        return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}

    async def leave(self, finish: Callable[[], Awaitable[bool]]) -> None:
        """`finish` ends what is on its way; where it leaves nothing, another leads at once."""
        is_done = await finish()
        led, self._until = self.leads(), float("-inf")
        if not led or not is_done:
            return
        # Or it runs out by itself.
        with suppress(ApiError):
            held = await self._leases.read()
            if held and (held.get("spec") or {}).get("holderIdentity") == self._me:
                await self._leases.replace({**held, "spec": {**held["spec"], "holderIdentity": ""}})
