"""A cluster in memory, as slow as a real one may be, for the plan: what any API server and any replica may hold at a moment.

API servers know an entry up to 60 s late; a replica loads a Secret up to 100 s late, also one that starts (requirement 63), and
keeps its last good pair (requirement 62).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from certs.authority import Pair
from certs.bundle import split
from certs.certificate import problem, signed_by, validity
from certs.rotation import Publish, State, Tell, WriteAuthority, WriteLeaf, plan, settled, trusted
from webhook.certificates.stopwatch import Stopwatch

EPOCH = datetime(2030, 1, 1, tzinfo=UTC)
NAMES = ("richpod.richpod-system.svc", "richpod")
API_SERVERS, KUBELETS = 60, 100
"""The most seconds by which they are late."""
HOUR = timedelta(hours=1)

signed = cache(signed_by)
usable = cache(lambda pair: not problem(pair, EPOCH))


class Entry(NamedTuple):
    bundle: bytes
    by_hand: bool = False


class Stored(NamedTuple):
    """One version of an object."""

    at: float
    value: object


class World:
    """Three objects with all their versions, and replicas that serve one pair each."""

    def __init__(self, entries: int, authority: tuple[Pair, bytes] | None = None, leaf: Pair | None = None) -> None:
        self.at = 0.0
        bundle = authority[0].certificate if authority else b""
        named = {f"entry-{i}.richpod.io": Entry(bundle, by_hand=not bundle) for i in range(entries)}
        self.authority, self.leaf, self.entries = [Stored(-1e6, authority)], [Stored(-1e6, leaf)], [Stored(-1e6, named)]
        self.told = [Stored(-1e6, bundle)]
        self.replicas: list[Pair | None] = [leaf, leaf]
        self.lost: set[Pair] = set()
        """Leaves whose authority a human has destroyed everywhere."""
        self.urgent: dict[Pair, float] = {}
        """Leaves that were issued before their authority was known everywhere, because nothing good was served."""

    def now(self, skew: timedelta = timedelta()) -> datetime:
        return EPOCH + timedelta(seconds=self.at) + skew

    def wait(self, seconds: float) -> None:
        self.at += seconds
        for number, served in enumerate(self.replicas):
            due = [version.value for version in self.leaf if version.at <= self.at - KUBELETS]
            seen = [version.value for version in self.leaf]
            if served not in seen[len(due) - 1 :]:
                self.load(number, len(seen) - len(due))

    def load(self, replica: int, late: int = 0, restarted: bool = False) -> None:
        """The Secret as it was `late` versions ago, if a kubelet may still have it."""
        if restarted:
            self.replicas[replica] = None
        versions = self._window(self.leaf, KUBELETS)
        pair = versions[max(0, len(versions) - 1 - late)].value
        if pair and usable(pair):
            self.replicas[replica] = pair  # type: ignore[assignment]

    def hand(self, objects: list[Stored], value: object) -> None:
        """A human writes, and may so destroy what nobody can restore."""
        objects.append(Stored(self.at, value))
        known = {one for pair in self._authority() for one in split(pair)}
        known |= {one for entry in self._entries().values() for one in split(entry.bundle)}
        self.lost |= {leaf for leaf in self.servable() if not any(signed(leaf.certificate, one) for one in known)}

    def servable(self) -> set[Pair]:
        """What a replica may serve now: whatever a kubelet may bring it, and its last good pair."""
        possible = [version.value for version in self._window(self.leaf, KUBELETS)]
        return {pair for pair in (*possible, *self.replicas) if pair and usable(pair)}  # type: ignore[misc]

    def failures(self) -> Iterator[str]:
        """Every call that could fail now without a human's doing."""
        for leaf in self.servable() - self.lost:
            for version in self._window(self.entries, API_SERVERS):
                for name, entry in version.value.items():  # type: ignore[attr-defined]
                    late = leaf in self.urgent and version.at <= self.urgent[leaf]
                    if not entry.by_hand and not late and not self._accepts(entry.bundle, leaf):
                        yield f"{name} as of {version.at} against a leaf of {validity(leaf.certificate)}"

    def misled(self) -> Iterator[str]:
        """Every pod that could be made now and would not trust what serves."""
        for leaf in self.servable() - self.lost - self.urgent.keys():
            for version in self._window(self.told, KUBELETS):
                if not self._accepts(version.value, leaf):  # type: ignore[arg-type]
                    yield f"told {version.at} against a leaf of {validity(leaf.certificate)}"

    def _accepts(self, bundle: bytes, leaf: Pair) -> bool:
        """On a clock that is an hour fast, and on one that is an hour slow."""
        for authority in split(bundle):
            valid = [validity(one) for one in (authority, leaf.certificate)]
            if signed(leaf.certificate, authority):
                return all(start <= self.now(skew) < end for start, end in valid for skew in (-HOUR, HOUR))
        return False

    def good(self) -> bool:
        """Whether some call can succeed at present."""
        bundles = [entry.bundle for entry in self._entries().values()]
        held = {pair for pair in (*self.replicas, self.leaf[-1].value) if pair and usable(pair)}  # type: ignore[misc]
        return any(self._accepts(bundle, pair) for bundle in bundles for pair in held)

    def _window(self, versions: list[Stored], late: float) -> list[Stored]:
        known = sum(version.at <= self.at - late for version in versions)
        return versions[max(0, known - 1) :]

    def _authority(self) -> tuple[bytes, ...]:
        value = self.authority[-1].value
        return (value[0].certificate, value[1]) if value else ()  # type: ignore[index]

    def _entries(self) -> dict[str, Entry]:
        return self.entries[-1].value  # type: ignore[return-value]


class Controller:
    """Looks, and writes later, or never: what it wrote in between is refused where it is no longer what was seen."""

    def __init__(self, world: World, skew: timedelta = timedelta()) -> None:
        self.world, self.skew = world, skew
        self.crash()

    def crash(self) -> None:
        self.trusted, self.settled = Stopwatch(), Stopwatch()
        self.todo: Callable[[], None] | None = None

    def look(self, told: bool = True) -> object:
        """`told`: whether the replicas answer. Returns the planned step."""
        world = self.world
        authority, previous = world.authority[-1].value or (None, b"")  # type: ignore[misc]
        published = {name: entry.bundle for name, entry in world._entries().items()}
        served = frozenset(pair.certificate if pair else b"" for pair in world.replicas) if told else None
        given = world.told[-1].value if world.leaf[-1].value else b""
        state = State(authority, previous, world.leaf[-1].value, published, given, served)  # type: ignore[arg-type]
        state = state._replace(published_for=self.trusted.seconds(trusted(state), world.at))
        state = state._replace(settled_for=self.settled.seconds(settled(state), world.at))
        step = plan(state, world.now(self.skew), NAMES)
        match step:
            case WriteAuthority(pair, old):
                self.todo = self._later(world.authority, (pair, old))
            case Publish(bundle):
                self.todo = self._later(world.entries, dict.fromkeys(published, Entry(bundle)))
            case Tell(bundle):
                self.todo = self._later(world.told, bundle)
            case WriteLeaf(pair, bundle):
                urgent = state.published_for < 60
                assert not (urgent and world.good()), "a leaf before its authority, and a call could succeed"
                leaf, told = self._later(world.leaf, pair, urgent), self._later(world.told, bundle)
                self.todo = lambda: (leaf(), told())  # type: ignore[func-returns-value, assignment]
            case _:
                self.todo = None
        return step

    def write(self) -> None:
        if self.todo:
            self.todo()
        self.todo = None

    def _later(self, objects: list[Stored], value: object, urgent: bool = False) -> Callable[[], None]:
        seen = len(objects)

        def write() -> None:
            if len(objects) == seen:
                objects.append(Stored(self.world.at, value))
                if urgent:
                    self.world.urgent[value] = self.world.at  # type: ignore[index]

        return write
