"""What each feature adds to the time from creating a pod to its being ready: printed, for a time proves nothing elsewhere."""

from collections.abc import Iterator
from contextlib import ExitStack
from statistics import median
from time import monotonic
from typing import NamedTuple

import pytest

from .access import Cluster
from .namespaces import namespaces
from .rich import Place, opted_in, policy, verdicts

pytestmark = pytest.mark.cluster

ROUNDS = 5
"""The kubelet notices some changes only once a second, so single times are worth little."""
GVISOR = {"gvisor": {"class": "gvisor", "kind": "gvisor"}}


class Way(NamedTuple):
    """A way to start the same pod, and the features that must have been applied for it to be this way."""

    place: str
    ask: dict[str, str]
    features: set[str]
    runtime: str | None = None


WAYS = {
    "untouched": Way("plain", {}, set()),
    "launch, image volume": Way("image", {}, {"init"}),
    "launch, init container": Way("copy", {}, {"init"}),
    "dumb-init, image volume": Way("image", {"init": "dumb-init"}, {"init"}),
    "launch and lxcfs, image volume": Way("image", {"lxcfs": "true"}, {"init", "lxcfs"}),
    "untouched, gVisor": Way("plain", {}, set(), "gvisor"),
    "launch, image volume, gVisor": Way("image", {"runtime": "gvisor"}, {"init", "runtime"}),
}


@pytest.fixture(scope="module")
def places(cluster: Cluster, toolkit: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    with ExitStack() as stack:
        make = stack.enter_context(namespaces(cluster))
        found = {"plain": Place(cluster, make())}
        for delivery in ("copy", "image"):
            text = policy(toolkit={"delivery": delivery}, runtimes=GVISOR)
            labels = stack.enter_context(opted_in(cluster, text, tmp_path_factory.mktemp(delivery)))
            found[delivery] = Place(cluster, make(labels))
        yield found


def test_the_overhead_of_each_way_to_start(places: dict[str, Place], static: str, capsys: pytest.CaptureFixture[str]) -> None:
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(ROUNDS):
        for number, (name, way) in enumerate(WAYS.items()):
            times[name].append(seconds_to_ready(places[way.place], static, way, f"way-{number}"))
        for place in places.values():
            place.cluster.kubectl("-n", place.namespace, "delete", "pods", "--all")
    with capsys.disabled():
        print(f"\n\nSeconds from create to Ready, median of {ROUNDS}, one after the other in turns:")
        for name, found in times.items():
            print(f"  {name:32} {median(found):5.2f}   ({min(found):.2f} to {max(found):.2f})")


def seconds_to_ready(place: Place, image: str, way: Way, name: str) -> float:
    runtime = {"runtimeClassName": way.runtime} if way.runtime else {}
    begun = monotonic()
    stored = place.create(image, "/probe", "until", "15", name=name, ask=way.ask, **runtime).stored
    place.started(name)
    taken = monotonic() - begun
    assert verdicts(stored) == dict.fromkeys(way.features, "applied")
    return taken
