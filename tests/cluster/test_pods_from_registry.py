"""Pods that name no command, of images that containerd pulls: what their applications see is what they saw without us."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.registry.push import push
from tests.registry.server import Registry, registry
from webhook.inpod.contract import BY_ARCHITECTURE

from .access import Cluster
from .namespaces import namespaces
from .pulling import reachable
from .rich import Created, Place, opted_in, policy, verdicts
from .shapes import SHAPES, Shape, layer
from .shown import Shown, shown

pytestmark = pytest.mark.cluster

STOPPED = Shape({"Entrypoint": ["/probe", "say", "ready", "until", "10", "exit", "7"], "StopSignal": "SIGUSR1"})
NOTHING = Shape({"User": "app"})
ALL = SHAPES | {"stopped": STOPPED, "nothing": NOTHING}
ALSO_UNDER_DUMB_INIT = ("shell-entrypoint", "args", "dollars", "user-by-name", "index-that-differs")
UNDER = {name: ["launch", "dumb-init"] if name in ALSO_UNDER_DUMB_INIT else ["launch"] for name in ALL}
SECONDS = 150
"""Until all pods have ended: they start together."""


class Twins(NamedTuple):
    """Pods of two namespaces, by the names of their shapes; none is waited for before all are created."""

    plain: Place
    rich: Place
    created: dict[tuple[str, str], Created]
    """Answers to the pods that were sent to the webhook, by shape and init."""

    def untouched(self, name: str) -> Shown:
        return shown(self.plain.output(name, SECONDS))

    def treated(self, name: str, init: str) -> Shown:
        return shown(self.rich.output(f"{name}-{init}", SECONDS))


@pytest.fixture(scope="module")
def twins(cluster: Cluster, toolkit: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    folder = tmp_path_factory.mktemp("registry")
    with ExitStack() as stack:
        source = stack.enter_context(registry(folder / "images", address=cluster.host))
        stack.enter_context(reachable(cluster, source))
        images = _pushed(source, folder)
        known = policy(images={"registries": {source.host: {"ca": source.authority}}})
        labels = stack.enter_context(opted_in(cluster, known, folder))
        make = stack.enter_context(namespaces(cluster))
        twins = Twins(Place(cluster, make()), Place(cluster, make(labels)), {})
        for name, shape in ALL.items():
            twins.plain.create(images[name], name=name, **_said(shape))
            for init in UNDER[name]:
                answer = twins.rich.create(images[name], name=f"{name}-{init}", ask={"init": init}, **_said(shape))
                twins.created[name, init] = answer
        yield twins


@pytest.mark.parametrize(("name", "init"), [(name, init) for name in SHAPES for init in UNDER[name]])
def test_an_application_sees_what_it_saw_without_us(twins: Twins, name: str, init: str) -> None:
    """Arguments, environment, directory, user and groups."""
    assert verdicts(twins.created[name, init].stored) == {"init": "applied"}
    assert twins.treated(name, init) == twins.untouched(name)


def test_what_the_twins_see_is_what_their_images_say(twins: Twins) -> None:
    assert twins.untouched("shell-entrypoint").argv == [b"/probe", b"show", b"hello  world", b"42", b"/bin/sh"]
    assert twins.untouched("dollars").argv[2:] == [b"$(GREETING)", b"$$(GREETING)", b"$HOME", b"$", b"$$", b"a$$b", b"$("]
    assert twins.untouched("args").argv[2:] == [b"hello  world", b"$(GREETING)", b"$(NOBODY)", b"$", b"a b"]
    assert twins.untouched("index-that-differs").argv == [b"/probe", b"show", b"here", b"$(HOME)"]
    assert twins.untouched("directory-in-no-layer").directory == b"/made/by the runtime"
    assert twins.untouched("user-by-name")[3:] == (1000, [1001, 1001, 1002, 1003])
    assert twins.untouched("user-and-group")[3:] == (4321, [0, 0]), "containerd takes no group from images of pods"


def test_where_platforms_differ_the_launcher_chooses(twins: Twins) -> None:
    """Trap 17. Its own words are the second of two sets; where platforms agree there is one."""
    command = {name: twins.created[name, "launch"].stored["spec"]["containers"][0]["command"] for name in SHAPES}
    differing = [name for name, words in command.items() if BY_ARCHITECTURE in words]
    assert differing == ["index-that-differs", "index-that-differs-and-args", "by-digest"]


def test_the_images_own_stop_signal_arrives(twins: Twins) -> None:
    """Trap 16: nobody writes `stopSignal` into the pod."""
    for place, name in ((twins.plain, "stopped"), (twins.rich, "stopped-launch")):
        place.await_line("ready", name)
        assert place.stop(name).code == 7


def test_where_an_image_names_no_program_the_pod_stays_as_it_is(twins: Twins) -> None:
    stored, warnings = twins.created["nothing", "launch"]
    assert verdicts(stored) == {}
    assert "command" not in stored["spec"]["containers"][0]
    assert any("names neither ENTRYPOINT nor CMD" in warning for warning in warnings), warnings


def _pushed(source: Registry, folder: Path) -> dict[str, str]:
    """How pods name them."""
    only, names = layer(folder), {}
    for name, shape in ALL.items():
        digest = push(source, name, shape.image(only), "test")
        names[name] = f"{source.host}/{name}@{digest}" if shape.by_digest else f"{source.host}/{name}:test"
    return names


def _said(shape: Shape) -> dict[str, Any]:
    variables = [{"name": "GREETING", "value": "hello  world"}]
    return {"args": shape.args, "env": variables, "hostname": "twin", "imagePullPolicy": "Always"}
