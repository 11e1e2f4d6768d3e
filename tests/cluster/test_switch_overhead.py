"""What hooks and the switch add to the time from creating a pod to its being ready. A pod without richpod that has as many init
containers, which do nothing, is the measure."""

from collections.abc import Iterator
from statistics import median
from typing import NamedTuple

import pytest

from . import starts
from .access import Cluster, Object
from .rich import Place

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("richpod_image")]

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
    with starts.places(cluster, tmp_path_factory.mktemp("policies"), HOOKS) as found:
        yield found


def test_the_overhead_of_hooks_and_the_switch(places: dict[str, Place], static: str, capsys: pytest.CaptureFixture[str]) -> None:
    times: dict[str, list[float]] = {}
    for _ in range(starts.ROUNDS):
        for name, delivery in DELIVERIES.items():
            twin = [{"image": static, "imagePullPolicy": "Never", **container} for container in delivery.twin]
            rich = starts.seconds_to_ready(places[name], static, name, {"init", "hooks"})
            bare = starts.seconds_to_ready(places[starts.PLAIN], static, name, set(), initContainers=twin)
            times.setdefault(name, []).append(rich)
            times.setdefault(f"{name}'s twin", []).append(bare)
        starts.clear(places)
    with capsys.disabled():
        starts.show(times)
        for name, delivery in DELIVERIES.items():
            overhead = median(times[name]) - median(times[f"{name}'s twin"])
            print(f"  {name:32} {overhead:+.2f}   goal: at most {delivery.goal:.1f}")
