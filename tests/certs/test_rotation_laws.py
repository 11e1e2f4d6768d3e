"""Whatever happens, and in whatever order: no call fails that a human has not broken, and in the end one authority is trusted."""

from datetime import timedelta

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from certs.authority import Pair, new_authority, new_leaf
from certs.bundle import split
from certs.certificate import signed_by
from certs.rotation import AUTHORITY, AUTHORITY_LIFETIME, LEAF_LIFETIME
from tests.certs.world import EPOCH, NAMES, Controller, Entry, World

DAY = timedelta(days=1)
AUTHORITY_AGES, LEAF_AGES = (100 * DAY, 1300 * DAY), (0 * DAY, 61 * DAY)
"""Of the second each is to be replaced."""
TWO = st.integers(0, 1)


class Rotation(RuleBasedStateMachine):
    """Two controllers, two replicas, some entries, and humans."""

    @initialize(
        entries=st.integers(0, 3),
        installed=st.booleans(),
        ages=st.tuples(st.sampled_from(AUTHORITY_AGES), st.sampled_from(LEAF_AGES)),
        skews=st.lists(st.sampled_from((-1, 0, 1)), min_size=2, max_size=2),
    )
    def start(self, entries: int, installed: bool, ages: tuple[timedelta, timedelta], skews: list[int]) -> None:
        self.world = World(entries)
        if installed:
            authority = new_authority(AUTHORITY, EPOCH - ages[0], AUTHORITY_LIFETIME)
            self.world = World(entries, (authority, b""), new_leaf(authority, NAMES, EPOCH - ages[1], LEAF_LIFETIME))
        self.controllers = [Controller(self.world, timedelta(hours=skew)) for skew in skews]

    @rule(seconds=st.sampled_from((1, 10, 30, 61)))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds)

    @rule(which=TWO, told=st.sampled_from((True, True, True, False)))
    def a_controller_looks(self, which: int, told: bool) -> None:
        self.controllers[which].look(told)

    @rule(which=TWO)
    def a_controller_writes(self, which: int) -> None:
        self.controllers[which].write()

    @rule(which=TWO, rounds=st.integers(1, 30))
    def a_controller_runs(self, which: int, rounds: int) -> None:
        for _ in range(rounds):
            self.controllers[which].look()
            self.controllers[which].write()
            self.law()
            self.world.wait(10)
            self.law()

    @rule(which=TWO)
    def a_controller_crashes(self, which: int) -> None:
        self.controllers[which].crash()

    @rule(which=TWO, late=st.integers(0, 3), restarted=st.booleans())
    def a_replica_loads(self, which: int, late: int, restarted: bool) -> None:
        self.world.load(which, late, restarted)

    @rule(edit=st.sampled_from(("delete", "half", "no previous", "another's key", "another")))
    def a_human_edits_the_authority(self, edit: str) -> None:
        if not (value := self.world.authority[-1].value):
            return
        (pair, previous), other = value, new_authority(AUTHORITY, EPOCH, AUTHORITY_LIFETIME)  # type: ignore[misc]
        edited = {
            "delete": None,
            "half": (Pair(pair.certificate[:200], pair.key), previous[:300]),
            "no previous": (pair, b""),
            "another's key": (Pair(pair.certificate, other.key), previous),
            "another": (other, b""),
        }
        self.world.hand(self.world.authority, edited[edit])

    @rule(edit=st.sampled_from(("delete", "half", "another's key")))
    def a_human_edits_the_leaf(self, edit: str) -> None:
        if not (pair := self.world.leaf[-1].value):
            return
        key = new_authority("other", EPOCH, DAY).key
        edited = {
            "delete": None,
            "half": Pair(pair.certificate[:200], pair.key),  # type: ignore[attr-defined]
            "another's key": Pair(pair.certificate, key),  # type: ignore[attr-defined]
        }
        self.world.hand(self.world.leaf, edited[edit])

    @rule(edit=st.sampled_from(("empty", "garbage", "foreign", "add", "remove", "revert")), which=st.integers(0, 3))
    def a_human_edits_an_entry(self, edit: str, which: int) -> None:
        entries = dict(self.world._entries())
        name = f"entry-{which}.richpod.io"
        if edit == "remove":
            entries.pop(name, None)
        elif edit == "revert":
            earlier = self.world.entries[max(0, len(self.world.entries) - 2 - which)].value
            entries = {name: Entry(entry.bundle, by_hand=True) for name, entry in earlier.items()}  # type: ignore[attr-defined]
        elif name in entries or edit == "add":
            foreign = new_authority("another", EPOCH, DAY).certificate
            entries[name] = Entry({"garbage": b"garbage", "foreign": foreign}.get(edit, b""), by_hand=True)
        self.world.hand(self.world.entries, entries)

    @invariant()
    def law(self) -> None:
        if hasattr(self, "world"):
            assert list(self.world.failures()) == []

    def teardown(self) -> None:
        """Left alone, it comes to rest in ten minutes, however it was left."""
        if not hasattr(self, "world"):
            return
        for _ in range(120):
            for controller in self.controllers:
                controller.look()
                controller.write()
                self.law()
            self.world.wait(5)
            self.law()
        assert [controller.look() for controller in self.controllers] == [None, None]
        (authority, previous), leaf = self.world.authority[-1].value, self.world.leaf[-1].value  # type: ignore[misc]
        assert previous == b""
        assert {entry.bundle for entry in self.world._entries().values()} <= {authority.certificate}
        assert len(split(authority.certificate)) == 1
        assert self.world.replicas == [leaf, leaf]
        assert signed_by(leaf.certificate, authority.certificate)  # type: ignore[attr-defined]


TestRotation = Rotation.TestCase
TestRotation.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
