"""Other machines: an older systemd, and inits that read /etc/inittab. Each ends by the program's own code."""

import time

import pytest

from .machines import new_namespace, policy, running
from .processes import until
from .rich import End, Place

pytestmark = pytest.mark.cluster

NAMESPACE = new_namespace()
POLICY = policy(NAMESPACE, {"init": "sbin-init"})
ASK = {"init": "sbin-init"}
FOR_EVER = ("sleep", "1000")
IMAGES = ("machine", "old_machine", "sysv", "busybox_init")
PROCESS_1 = {"machine": "systemd", "old_machine": "systemd", "sysv": "init", "busybox_init": "init"}


@pytest.fixture(params=IMAGES)
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def image(request: pytest.FixtureRequest, kind: str) -> str:
    return str(request.getfixturevalue(kind))


def named(kind: str, name: str) -> str:
    return f"{kind}-{name}".replace("_", "-")


def test_process_1_is_the_image_s_own_and_starts_what_the_image_starts(box: Place, kind: str, image: str) -> None:
    name = named(kind, "runs")
    box.create(image, *FOR_EVER, name=name, ask=ASK)
    box.started(name)
    until("cron", lambda: "cron" in box.inside("sh", "-c", "cat /proc/[0-9]*/comm 2>/dev/null || :", name=name))
    assert box.inside("cat", "/proc/1/comm", name=name).strip() == PROCESS_1[kind]
    if PROCESS_1[kind] == "systemd":
        assert running(box, name) == "running"


def test_exit_codes_surface_in_the_status_of_the_pod(box: Place, kind: str, image: str) -> None:
    ways = {"succeeding": ("exit 0", 0), "failing": ("exit 42", 42), "killed": ("kill -KILL $$$$", 137)}
    for name, (script, _) in ways.items():
        box.create(image, "sh", "-c", script, name=named(kind, name), ask=ASK)
    assert {name: box.end(named(kind, name)).code for name in ways} == {name: code for name, (_, code) in ways.items()}


def test_it_stops_within_five_seconds_by_the_program_s_own_code(box: Place, kind: str, image: str) -> None:
    name = named(kind, "stops")
    box.create(image, "sh", "-c", "trap 'exit 7' TERM; echo here; while :; do sleep 0.1; done", name=name, ask=ASK)
    box.await_line("here", name)
    begun = time.monotonic()
    assert box.stop(name).code == 7
    assert time.monotonic() - begun < 5


def test_its_lines_arrive_each_on_its_own_stream(box: Place, kind: str, image: str) -> None:
    name = named(kind, "talks")
    box.create(image, "sh", "-c", "for i in 1 2 3; do echo line $$i; done; echo oops >&2; exit 3", name=name, ask=ASK)
    box.end(name)
    said = box.streams(name)
    assert [line for line in said["stdout"] if line.startswith("line")] == ["line 1", "line 2", "line 3"]
    assert "oops" in said["stderr"]


def test_the_budget_of_restarts_is_used_up_first(box: Place, kind: str, image: str) -> None:
    name = named(kind, "tries")
    box.create(image, "sh", "-c", "echo try; exit 44", name=name, ask={**ASK, "init-restarts": "2"})
    assert box.end(name).code == 44
    assert box.streams(name)["stdout"].count("try") == 3


def test_an_image_without_an_init_says_so(box: Place, busybox: str) -> None:
    box.create(busybox, "true", name="bare", ask=ASK)
    said = "richpod: the image has no /sbin/init: install an init there, or write richpod.io/init: launch"
    assert box.end("bare") == End(127, "Error", said)
