"""Whoever follows the online file never meets a program that is not ready, however often pods come and go."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from . import sharing
from .access import Cluster, Object
from .events import Subject, kill_container, signalled
from .follower import following
from .hooked import WEB, hooks, start
from .nginx import COMMAND, nginx
from .pins import CACHE
from .processes import until
from .rich import Place, policy, verdicts
from .told import Told
from .workload import deployment, pods, rolled_out

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("richpod_image", "quick_restarts")]

ROLLOUTS = int(os.environ.get("RICHPOD_HOOKS_ROLLOUTS", "5"))
KILLS = int(os.environ.get("RICHPOD_HOOKS_KILLS", "20"))
PODS = int(os.environ.get("RICHPOD_HOOKS_PODS", "40"))
SIDE_BY_SIDE = 4
POLICY = policy(hooks(drain=2))
SERVER = "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"


def test_a_client_that_follows_the_file_through_nginx_sees_no_failed_request(rich: Place, nginx_image: str) -> None:
    """Red without a drain: requests that are on their way, and those of the last fifth of a second, fail."""
    subject = Subject(rich, "subject")
    rolled_out(rich.cluster, made(rich, 2, nginx_image, *COMMAND))
    with following(rich.cluster, rich.namespace) as story:
        for _ in range(ROLLOUTS):
            subject.kubectl("rollout", "restart", "deployment/subject")
            subject.kubectl("rollout", "status", "deployment/subject", "--timeout=120s")
        until("the end of the old ones", lambda: len(subject.kubectl("get", "pods", "-o", "name").split()) == 2)
    ((requests, served_by, failed),) = story
    print(f"\n{requests} requests, answered by {served_by} pods in {ROLLOUTS} rollouts; failed: {failed}")
    assert failed == {}
    assert served_by == 2 * (ROLLOUTS + 1)


def test_a_restarted_program_is_never_online_before_its_own_preonline(rich: Place, busybox: str) -> None:
    """Trap 9, however and whenever the one before ended. Its hooks would say so if they saw the file of an earlier life."""
    names = [f"subject-{number}" for number in range(SIDE_BY_SIDE)]
    with ThreadPoolExecutor(SIDE_BY_SIDE) as threads:
        told = list(threads.map(lambda name: killed(rich, busybox, name, KILLS // SIDE_BY_SIDE), names))
    for one in told:
        lives = [[line.text for line in one.lines() if line.life == life] for life in range(KILLS // SIDE_BY_SIDE + 1)]
        for texts in lives:
            assert "online already" not in " ".join(texts)
            assert "online" not in texts or texts.index("[preonline] preonline") < texts.index("online")
        assert "online" in lives[-1]


def test_a_deployment_grows_and_shrinks(rich: Place, busybox: str) -> None:
    subject = Subject(rich, "subject")
    rolled_out(rich.cluster, made(rich, 1, busybox, "sh", "-c", SERVER))
    subject.kubectl("scale", "deployment/subject", f"--replicas={PODS}")
    subject.kubectl("rollout", "status", "deployment/subject", "--timeout=300s")
    grown = pods(rich.cluster, rich.namespace)
    assert [verdicts(pod)["hooks"] for pod in grown] == ["applied"] * PODS
    told = [Told(rich.cluster, rich.namespace, pod["metadata"]["name"]) for pod in grown]
    assert [one.texts() for one in told] == [["[prestart] prestart", "[preonline] preonline"]] * PODS

    subject.kubectl("scale", "deployment/subject", "--replicas=1")
    until("the end of all but one", lambda: len(subject.kubectl("get", "pods", "-o", "name").split()) == 1, seconds=180)
    (last,) = pods(rich.cluster, rich.namespace)
    ended = [one for one in told if one.pod != last["metadata"]["name"]]
    assert [one.texts()[2:] for one in ended] == [["[postoffline] postoffline", "[poststop] poststop clean 143 15"]] * (PODS - 1)


@pytest.fixture(scope="module")
def nginx_image(cluster: Cluster) -> str:
    with sharing.alone("images"):
        image = nginx(CACHE / "images")
        cluster.load(image.archive)
    return image.name


def made(place: Place, replicas: int, image: str, *command: str) -> Object:
    """A Deployment `subject` with the online file's volume, whose programs have time to end while many others do."""
    found = deployment(place.namespace, "subject", replicas, image, *command)
    spec = found["spec"]["template"]["spec"]
    spec["volumes"], spec["containers"][0]["volumeMounts"] = WEB["volumes"], WEB["volumeMounts"]
    spec["terminationGracePeriodSeconds"] = 30
    found["spec"]["strategy"] = {"rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}}
    return found


WAYS: tuple[tuple[str, Callable[[Subject], None]], ...] = (
    ("online", kill_container),
    ("program", signalled("KILL")),
    ("online", signalled("SEGV")),
    ("answering", signalled("HUP")),
)
"""A line, and what happens to the pod once it was said."""


def killed(place: Place, image: str, name: str, times: int) -> Told:
    told = start(place, image, name)
    for life in range(times):
        line, happen = WAYS[life % len(WAYS)]
        wait_in(told, life, line)
        happen(Subject(place, name))
    wait_in(told, times, "online")
    return told


def wait_in(told: Told, life: int, text: str) -> None:
    until(f"{text} of {told.pod}, {life}", lambda: any(line.life == life and line.text == text for line in told.lines()))
