"""Two machines on one node: neither sees the other, nothing that one does reaches the other, and nothing of either stays."""

import os
from collections.abc import Iterator

import pytest

from .machines import new_namespace, policy, running
from .processes import until
from .rich import Place

pytestmark = pytest.mark.cluster

NAMESPACE = new_namespace()
POLICY = policy(NAMESPACE)
ASK = {"init": "systemd"}
PAIRS = int(os.environ.get("RICHPOD_MACHINE_PAIRS", "1"))
"""Of machines that are made and removed."""
MANY = 200
NESTED = """\
own=/sys/fs/cgroup/systemd$(systemctl show --property=ControlGroup --value richpod.service)
for number in $(seq {}); do mkdir -p $own/deep/$number; done
sleep 1000 > /dev/null 2>&1 & echo $! > $own/deep/1/cgroup.procs
"""
ALL = """
cat /proc/[0-9]*/cmdline /proc/[0-9]*/cgroup /proc/[0-9]*/mountinfo | tr '\\0' ' '
find /sys/fs/cgroup
systemctl list-units --all
"""
"""What tells of processes, control groups, mounts and units."""


@pytest.fixture
def uids(box: Place, machine: str) -> Iterator[dict[str, str]]:
    """Of two machines that run, `left` and `right`, by their names; each has a unit that is called after it."""
    for name in ("left", "right"):
        box.create(machine, "sleep", "1000", name=name, ask=ASK)
    yield {name: started(box, name) for name in ("left", "right")}
    box.cluster.kubectl("-n", box.namespace, "delete", "pod", "--all")


def started(box: Place, name: str) -> str:
    """Its uid."""
    uid: str = box.started(name)["metadata"]["uid"]
    assert running(box, name) == "running"
    box.inside("systemd-run", "--quiet", f"--unit=only-{name}", "sleep", "1000", name=name)
    return uid


def test_neither_sees_anything_of_the_other(box: Place, uids: dict[str, str]) -> None:
    for name, other in (("left", "right"), ("right", "left")):
        seen = box.inside("sh", "-c", ALL, name=name)
        assert uids[name] in seen
        assert f"only-{name}.service" in seen
        assert uids[other] not in seen
        assert f"only-{other}.service" not in seen


def test_one_goes_on_whatever_the_other_does(box: Place, uids: dict[str, str]) -> None:
    before = life(box, "right")
    box.inside("sh", "-c", NESTED.format(MANY), name="left")
    assert life(box, "right") == before
    box.inside("sh", "-c", "kill -SEGV 1", name="left")
    assert box.end("left").code == 255
    assert life(box, "right") == before


def life(box: Place, name: str) -> str:
    """Changes with every start of the program or of the unit, with any that fails, and with their control groups."""
    assert running(box, name) == "running"
    shown = ("richpod.service", f"only-{name}.service")
    return box.inside("systemctl", "show", "--property=MainPID,NRestarts,ActiveEnterTimestamp,ControlGroup", *shown, name=name)


@pytest.mark.parametrize("number", range(PAIRS))
def test_of_one_that_is_deleted_nothing_stays_on_the_node_and_the_other_goes_on(
    box: Place, uids: dict[str, str], number: int
) -> None:
    for name in uids:
        box.inside("sh", "-c", NESTED.format(3), name=name)
    assert all("/deep/3\n" in folders(box, uid) for uid in uids.values())
    before = life(box, "right")
    delete(box, "left", uids["left"])
    assert life(box, "right") == before
    delete(box, "right", uids["right"])


def delete(box: Place, name: str, uid: str) -> None:
    """Returns when the node has no control group of it."""
    box.cluster.kubectl("-n", box.namespace, "delete", "pod", name)
    until("the end of its control groups", lambda: not folders(box, uid), 60)


def folders(box: Place, uid: str) -> str:
    """Of the pod, in all hierarchies."""
    return box.cluster.on_node("find", "/sys/fs/cgroup", "-type", "d", "-path", f"*{uid}*")
