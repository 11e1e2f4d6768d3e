"""Many pods at once, while the gateway is well, is rolled, and is killed: in the end list, Grants and living pods agree."""

import json
import os
from concurrent.futures import ThreadPoolExecutor
from random import Random
from time import monotonic

import pytest

from webhook.inpod.contract import OWN_LABEL
from webhook.installation import GATEWAY

from .authorizing import CEILING, Authorizing, policy
from .processes import until
from .rich import Place
from .workload import deployment, pods, rolled_out

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

PODS = int(os.environ.get("RICHPOD_AUTHORIZE_PODS", "40"))
ROLLED_PODS = int(os.environ.get("RICHPOD_AUTHORIZE_ROLLED_PODS", "60"))
KILLS = int(os.environ.get("RICHPOD_AUTHORIZE_KILLS", "5"))
FEW = 10
PROGRAM = ("/probe", "until", "0")
POLICY = policy()


def gone(place: Place, name: str) -> None:
    place.cluster.kubectl("-n", place.namespace, "delete", "deployment", name, "--cascade=foreground")


def seconds_of(authorizing: Authorizing, namespace: str, name: str) -> float:
    """Until `kubectl rollout status` says that it is done."""
    begun = monotonic()
    authorizing.cluster.kubectl("-n", namespace, "rollout", "status", f"deployment/{name}", "--timeout=300s")
    return monotonic() - begun


def test_many_pods_at_once_are_all_let_in_below_the_ceiling(authorizing: Authorizing, let_in: Place, static: str) -> None:
    took = rolled_out(let_in.cluster, deployment(let_in.namespace, "many", PODS, static, *PROGRAM))
    authorizing.agree(PODS)
    gone(let_in, "many")
    authorizing.agree(0)
    stats = authorizing.acl.ask("GET", "/stats").body
    print(f"\n{PODS} pods authorized and ready after {took:.1f} s; at most {stats['mostPerSecond']} calls in a second")
    assert stats["collapses"] == 0
    assert stats["mostPerSecond"] <= CEILING
    assert stats["calls"] == {"POST": PODS, "DELETE": PODS}


def test_while_the_gateway_rolls_every_pod_of_a_rollout_is_authorized_in_the_end(
    authorizing: Authorizing, let_in: Place, static: str
) -> None:
    made = deployment(let_in.namespace, "many", ROLLED_PODS, static, *PROGRAM)
    with ThreadPoolExecutor() as threads:
        theirs = threads.submit(rolled_out, let_in.cluster, made, 900)
        until("the first of them", lambda: authorizing.entries())
        authorizing.installation.kubectl("rollout", "restart", f"deployment/{GATEWAY}")
        own = seconds_of(authorizing, "richpod-system", GATEWAY)
        took = theirs.result()
    authorizing.agree(ROLLED_PODS)
    again = sum(
        status["restartCount"]
        for pod in pods(let_in.cluster, let_in.namespace)
        for status in pod["status"]["initContainerStatuses"]
    )
    print(f"\n{ROLLED_PODS} pods ready after {took:.1f} s, the gateway rolled in {own:.1f} s; started over: {again} times")
    gone(let_in, "many")
    authorizing.agree(0)


def test_however_often_the_leader_is_killed_they_agree_in_the_end(authorizing: Authorizing, let_in: Place, static: str) -> None:
    """During grants and revokes: pods are replaced all the time."""
    random = Random(21)
    rolled_out(let_in.cluster, deployment(let_in.namespace, "few", FEW, static, *PROGRAM))
    begun = monotonic()
    for _ in range(KILLS):
        authorizing.ready()
        before = len(authorizing.history())
        let_in.cluster.kubectl("-n", let_in.namespace, "rollout", "restart", "deployment/few")
        calls = before + random.randint(1, FEW)
        until("calls", lambda: len(authorizing.history()) >= calls)  # noqa: B023
        kill(authorizing, authorizing.leader())
        seconds_of(authorizing, let_in.namespace, "few")
    authorizing.agree(FEW)
    print(f"\n{KILLS} kills in {monotonic() - begun:.0f} s")
    gone(let_in, "few")
    authorizing.agree(0)


def kill(authorizing: Authorizing, replica: str) -> None:
    """Its process, by SIGKILL; the kubelet starts it again."""
    pod = json.loads(authorizing.installation.kubectl("get", "pod", replica, "-o", "json"))
    assert pod["metadata"]["labels"][OWN_LABEL] == GATEWAY
    container = pod["status"]["containerStatuses"][0]["containerID"].rpartition("/")[2]
    authorizing.cluster.ctr("tasks", "kill", "--signal=SIGKILL", container)
