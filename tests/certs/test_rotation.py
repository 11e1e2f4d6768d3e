"""The plan, situation by situation, in a cluster as slow as a real one may be."""

from datetime import timedelta

import pytest

from certs.authority import Pair, new_authority, new_leaf
from certs.bundle import split
from certs.certificate import signed_by
from certs.rotation import AUTHORITY, AUTHORITY_LIFETIME, LEAF_LIFETIME, Publish, State, Wait, plan
from tests.certs.world import EPOCH, NAMES, Controller, Entry, World

DAY = timedelta(days=1)
ROTATION = ["WriteAuthority", "Publish", "Tell", "WriteLeaf", "WriteAuthority", "Publish", "Tell"]


def installed(authority_age: timedelta = 100 * DAY, leaf_age: timedelta = 0 * DAY, names: tuple[str, ...] = NAMES) -> World:
    authority = new_authority(AUTHORITY, EPOCH - authority_age, AUTHORITY_LIFETIME)
    return World(2, (authority, b""), new_leaf(authority, names, EPOCH - leaf_age, LEAF_LIFETIME))


def steps(controller: Controller, seconds: int, quick: bool = False, told: bool = True) -> list[str]:
    """The writes of so many seconds; `quick`: replicas load what is new at once. Nothing may fail meanwhile."""
    world, found = controller.world, []
    for _ in range(0, seconds, 5):
        while (step := controller.look(told)) and not isinstance(step, Wait):
            controller.write()
            found.append(type(step).__name__)
            assert list(world.failures()) == []
        world.wait(5)
        if quick:
            world.load(0), world.load(1)
        assert list(world.failures()) == []
    return found


def empty(world: World) -> None:
    world.hand(world.entries, {name: Entry(b"", by_hand=True) for name in world._entries()})


def trusts(world: World) -> set[int]:
    return {len(split(entry.bundle)) for entry in world._entries().values()}


def test_an_installation_serves_at_once() -> None:
    world = World(2)
    assert steps(Controller(world), 5) == ["WriteAuthority", "Publish", "WriteLeaf"]


def test_nothing_is_written_where_nothing_is_to_be_done() -> None:
    assert steps(Controller(installed()), 600) == []


@pytest.mark.parametrize("quick", [True, False], ids=["replicas load at once", "replicas lag 100 s"])
def test_r63_an_old_authority_is_replaced_without_a_failed_call(quick: bool) -> None:
    world = installed(authority_age=1300 * DAY)
    assert steps(Controller(world), 600, quick) == ROTATION
    assert trusts(world) == {1}


@pytest.mark.parametrize("quick", [True, False], ids=["replicas load at once", "replicas lag 100 s"])
def test_a_deleted_authority_is_replaced_without_a_failed_call(quick: bool) -> None:
    world = installed()
    world.hand(world.authority, None)
    assert steps(Controller(world), 600, quick) == ROTATION


def test_another_authority_put_into_the_secret_replaces_ours_without_a_failed_call() -> None:
    world = installed()
    world.hand(world.authority, (new_authority(AUTHORITY, EPOCH, AUTHORITY_LIFETIME), b""))
    assert steps(Controller(world), 600, quick=True) == ["Publish", "Tell", "WriteLeaf", "Publish", "Tell"]


def test_an_old_leaf_is_replaced_alone() -> None:
    assert steps(Controller(installed(leaf_age=61 * DAY)), 600) == ["WriteLeaf"]


@pytest.mark.parametrize("names", [("other.svc",), NAMES[:1]], ids=["of another", "of an earlier version, which had fewer"])
def test_a_leaf_for_other_names_is_replaced(names: tuple[str, ...]) -> None:
    assert steps(Controller(installed(names=names)), 600) == ["WriteLeaf"]


def test_a_leaf_that_is_followed_by_others_is_replaced() -> None:
    """An API server reads 256 KiB of a chain and refuses the rest, while the pair itself is a good one."""
    world = installed()
    leaf, other = world.leaf[-1].value, new_authority("another", EPOCH, DAY).certificate
    assert isinstance(leaf, Pair)
    world.hand(world.leaf, leaf._replace(certificate=leaf.certificate + other * 400))
    assert steps(Controller(world), 600) == ["WriteLeaf"]


def test_a_broken_leaf_is_replaced_at_once_where_the_authority_has_long_been_known() -> None:
    world = installed()
    controller = Controller(world)
    steps(controller, 120)
    world.hand(world.leaf, None)
    assert steps(controller, 5) == ["WriteLeaf"]


def test_entries_restore_a_lost_secret_and_the_secret_restores_lost_entries() -> None:
    world = installed()
    controller = Controller(world)
    world.hand(world.authority, None)
    assert steps(controller, 5) == ["WriteAuthority", "Publish", "Tell"]
    empty(world)
    assert steps(controller, 5) == ["Publish"]
    assert trusts(world) == {2}
    assert world.authority[-1].value
    current, _ = world.authority[-1].value  # type: ignore[misc]
    world.hand(world.authority, (current, b""))
    assert steps(controller, 600, quick=True) == ["WriteLeaf", "Publish", "Tell"]
    assert world.lost == set()


def test_pods_are_told_every_authority_before_a_leaf_of_it_is_served() -> None:
    """What asks the gateway knows no other than it was made with."""
    world = installed(authority_age=1300 * DAY)
    controller = Controller(world)
    for _ in range(120):
        while (step := controller.look()) and not isinstance(step, Wait):
            controller.write()
        world.wait(5)
        assert list(world.misled()) == []
    assert world.told[-1].value == world.authority[-1].value[0].certificate  # type: ignore[index]


def test_a_secret_of_a_version_that_told_nothing_is_completed() -> None:
    world = installed()
    world.hand(world.told, b"")
    assert steps(Controller(world), 600) == ["Tell"]


def test_what_was_handed_to_entries_by_another_is_taken_away() -> None:
    world = installed()
    foreign = new_authority("another", EPOCH, DAY).certificate
    world.hand(world.entries, {name: Entry(entry.bundle + foreign, True) for name, entry in world._entries().items()})
    assert steps(Controller(world), 5) == ["Publish"]
    assert trusts(world) == {1}


@pytest.mark.parametrize(("count", "said"), [(3, "e0, e1, e2"), (12, "e0, e1, e10 and 9 more")])
def test_the_reason_names_few_entries(count: int, said: str) -> None:
    authority = new_authority(AUTHORITY, EPOCH, AUTHORITY_LIFETIME)
    step = plan(State(authority, b"", None, {f"e{number}": b"" for number in range(count)}, b"", None), EPOCH, NAMES)
    assert isinstance(step, Publish)
    assert step.reason == f"the bundle differs in {said}"


def test_an_authority_of_another_name_stays_while_its_leaf_is_served() -> None:
    """Certificates came from elsewhere before, for example from cert-manager."""
    other = new_authority("elsewhere", EPOCH, AUTHORITY_LIFETIME)
    world = World(2, (other, b""), new_leaf(other, NAMES, EPOCH, LEAF_LIFETIME))
    world.hand(world.authority, None)
    assert steps(Controller(world), 600) == ROTATION


def test_r63_an_old_authority_stays_trusted_while_a_replica_does_not_tell() -> None:
    world = installed(authority_age=1300 * DAY)
    controller = Controller(world)
    assert steps(controller, 3600, told=False) == ["WriteAuthority", "Publish", "Tell", "WriteLeaf"]
    assert trusts(world) == {2}
    assert steps(controller, 300) == ["WriteAuthority", "Publish", "Tell"]


def test_r64_of_two_that_start_at_once_one_authority_wins() -> None:
    world = World(2)
    one, other = Controller(world), Controller(world)
    one.look(), other.look()
    one.write(), other.write()
    assert len(world.authority) == 2
    assert steps(one, 5) == ["Publish", "WriteLeaf"]
    assert steps(other, 600) == []


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_clock_an_hour_off_changes_nothing(hours: int) -> None:
    world = installed(authority_age=1300 * DAY)
    assert steps(Controller(world, timedelta(hours=hours)), 600) == ROTATION


def test_a_clock_before_the_authority_can_sign_nothing_and_says_so() -> None:
    world = installed()
    world.hand(world.leaf, None)
    with pytest.raises(ValueError, match="after"):
        steps(Controller(world, -1000 * DAY), 200)


@pytest.mark.parametrize("broken", [Pair(b"", b""), Pair(b"garbage", b"garbage")])
def test_r62_a_broken_authority_is_replaced_and_what_it_signed_stays_trusted(broken: Pair) -> None:
    world = installed()
    world.hand(world.authority, (broken, b"garbage"))
    assert steps(Controller(world), 600) == ROTATION
    leaf, (authority, _) = world.leaf[-1].value, world.authority[-1].value  # type: ignore[misc]
    assert signed_by(leaf.certificate, authority.certificate)  # type: ignore[attr-defined]
