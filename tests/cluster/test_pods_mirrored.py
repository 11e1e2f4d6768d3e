"""Where an image comes through a mirror, the mirror says what it runs: containerd's own, or the one that richpod writes."""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from tests.registry.images import Json
from tests.registry.push import push
from tests.registry.server import registry

from .access import Cluster
from .namespaces import namespaces
from .pulling import reachable
from .rich import Place, opted_in, policy, verdicts
from .shapes import SHOW, Shape, layer
from .shown import shown

pytestmark = pytest.mark.cluster

OWN, RENAMED = "registry.example", "renamed.example"
"""Registries that nobody has. containerd has a mirror of the first, richpod writes another name for the second."""
PULLED: Json = {"imagePullPolicy": "Always", "hostname": "twin"}


class Places(NamedTuple):
    plain: Place
    rich: Place
    mirror: str


@pytest.fixture(scope="module")
def places(cluster: Cluster, toolkit: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Places]:
    folder = tmp_path_factory.mktemp("mirror")
    with ExitStack() as stack:
        mirror = stack.enter_context(registry(folder / "images", address=cluster.host))
        stack.enter_context(reachable(cluster, mirror))
        stack.enter_context(reachable(cluster, mirror, OWN))
        push(mirror, "team/app", Shape(SHOW | {"Cmd": ["mirrored"]}).image(layer(folder)), "test")
        own = {"mirrors": [mirror.host], "ca": mirror.authority}
        known = {"registries": {OWN: own, mirror.host: {"ca": mirror.authority}}}
        text = policy({"mirrors": True}, images=known, mirrors={f"{RENAMED}/": f"{mirror.host}/"})
        labels = stack.enter_context(opted_in(cluster, text, folder))
        make = stack.enter_context(namespaces(cluster))
        yield Places(Place(cluster, make()), Place(cluster, make(labels)), mirror.host)


def test_the_mirror_that_containerd_asks_is_asked_for_the_program(places: Places) -> None:
    places.plain.create(f"{OWN}/team/app:test", **PULLED)
    stored = places.rich.create(f"{OWN}/team/app:test", **PULLED).stored
    assert verdicts(stored) == {"init": "applied"}
    assert shown(places.rich.output()) == shown(places.plain.output())


def test_an_image_that_gets_another_name_is_looked_up_by_that(places: Places) -> None:
    stored = places.rich.create(f"{RENAMED}/team/app:test", name="renamed", **PULLED).stored
    assert stored["spec"]["containers"][0]["image"] == f"{places.mirror}/team/app:test"
    assert verdicts(stored) == {"mirrors": "applied", "init": "applied"}
    assert shown(places.rich.output("renamed")).argv == [b"/probe", b"show", b"mirrored"]
