"""What hooks and the switch add to the time from creating a pod to its being ready: printed beside the goal, for a time proves
nothing elsewhere. A pod without richpod that has as many init containers, which do nothing, is the measure."""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from time import monotonic
from typing import NamedTuple

import pytest

from .access import Cluster, Object
from .namespaces import namespaces
from .rich import Place, opted_in, policy, verdicts

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("richpod_image")]

ROUNDS = 9
HOOKS = {"hooks": {"preonline": [{"path": "/probe"}], "postoffline": [{"path": "/probe"}]}}
NOTHING: Object = {"name": "nothing", "command": ["/probe"]}
BESIDE: Object = {"name": "beside", "command": ["/probe", "until", "15"], "restartPolicy": "Always"}


class Delivery(NamedTuple):
    """Of the toolkit: the init containers of the pod's twin, and seconds that are the goal."""

    twin: list[Object]
    goal: float


DELIVERIES = {"image": Delivery([BESIDE], 0.5), "copy": Delivery([NOTHING, BESIDE], 1.5)}


@pytest.fixture(scope="module")
def places(cluster: Cluster, toolkit: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    with ExitStack() as stack:
        make = stack.enter_context(namespaces(cluster))
        found = {"plain": Place(cluster, make())}
        for delivery in DELIVERIES:
            text = policy(HOOKS, toolkit={"delivery": delivery})
            labels = stack.enter_context(opted_in(cluster, text, tmp_path_factory.mktemp(delivery)))
            found[delivery] = Place(cluster, make(labels))
        yield found


def test_the_overhead_of_hooks_and_the_switch(places: dict[str, Place], static: str, capsys: pytest.CaptureFixture[str]) -> None:
    times: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name, delivery in DELIVERIES.items():
            twin = [{"image": static, "imagePullPolicy": "Never", **container} for container in delivery.twin]
            rich = seconds_to_ready(places[name], static, name, {"init", "hooks"})
            bare = seconds_to_ready(places["plain"], static, name, set(), initContainers=twin)
            times.setdefault(name, []).append(rich)
            times.setdefault(f"{name}'s twin", []).append(bare)
        for place in places.values():
            place.cluster.kubectl("-n", place.namespace, "delete", "pods", "--all")
    with capsys.disabled():
        print(f"\n\nSeconds from create to Ready, median of {ROUNDS}, in turns:")
        for name, found in times.items():
            print(f"  {name:16} {median(found):5.2f}   ({min(found):.2f} to {max(found):.2f})")
        for name, delivery in DELIVERIES.items():
            overhead = median(times[name]) - median(times[f"{name}'s twin"])
            print(f"  {name:16} {overhead:+.2f}   goal: at most {delivery.goal:.1f}")


def seconds_to_ready(place: Place, image: str, name: str, features: set[str], **fields: object) -> float:
    begun = monotonic()
    stored = place.create(image, "/probe", "until", "15", name=name, **fields).stored
    place.started(name)
    taken = monotonic() - begun
    assert verdicts(stored) == dict.fromkeys(features, "applied")
    return taken
