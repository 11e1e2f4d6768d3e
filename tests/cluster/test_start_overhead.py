"""What each feature adds to the time from creating a pod to its being ready."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from . import starts
from .access import Cluster
from .rich import Place

pytestmark = pytest.mark.cluster

GVISOR = {"gvisor": {"class": "gvisor", "kind": "gvisor"}}


class Way(NamedTuple):
    """A way to start the same pod, and the features that must have been applied for it to be this way."""

    place: str
    ask: dict[str, str]
    features: set[str]
    runtime: str | None = None


WAYS = {
    "untouched": Way(starts.PLAIN, {}, set()),
    "launch, image volume": Way("image", {}, {"init"}),
    "launch, init container": Way("copy", {}, {"init"}),
    "dumb-init, image volume": Way("image", {"init": "dumb-init"}, {"init"}),
    "launch and lxcfs, image volume": Way("image", {"lxcfs": "true"}, {"init", "lxcfs"}),
    "untouched, gVisor": Way(starts.PLAIN, {}, set(), "gvisor"),
    "launch, image volume, gVisor": Way("image", {"runtime": "gvisor"}, {"init", "runtime"}),
}


@pytest.fixture(scope="module")
def places(cluster: Cluster, toolkit: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Place]]:
    with starts.places(cluster, tmp_path_factory.mktemp("policies"), runtimes=GVISOR) as found:
        yield found


def test_the_overhead_of_each_way_to_start(places: dict[str, Place], static: str, capsys: pytest.CaptureFixture[str]) -> None:
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    for _ in range(starts.ROUNDS):
        for number, (name, way) in enumerate(WAYS.items()):
            runtime = {"runtimeClassName": way.runtime} if way.runtime else {}
            place = places[way.place]
            taken = starts.seconds_to_ready(place, static, f"way-{number}", way.features, ask=way.ask, **runtime)
            times[name].append(taken)
        starts.clear(places)
    with capsys.disabled():
        starts.show(times)
