"""Pods that are refused and started again without end do not drown the upstream, and others do not notice them."""

import os
from collections import defaultdict
from collections.abc import Iterable
from time import monotonic, sleep

import pytest

from .access import Object
from .authorizing import Authorizing, policy
from .rich import Place
from .workload import deployment, pods, rolled_out

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

PODS = int(os.environ.get("RICHPOD_AUTHORIZE_REFUSED", "50"))
"""One node of two cores starts 4 or 5 containers in a second, whoever's."""
APPLICATIONS = 2
WINDOW = 60
"""Seconds, as by default. The kubelet of this cluster starts containers again after a second, not after minutes."""
CALLS, FAILURES = 3, 30
IN_FLIGHT = 4
ON_ITS_WAY = 0.5
"""Seconds that one call may take longer than another from the gateway to where it is counted."""
PROGRAM = ("/probe", "until", "0")
POLICY = policy(window=WINDOW)


def asking(grant: str, made: Object) -> Object:
    made["spec"]["template"]["metadata"]["annotations"] = {"richpod.io/authorize": grant}
    return made


def test_an_upstream_that_refuses_is_asked_thrice_a_window_for_an_address(
    authorizing: Authorizing, let_in: Place, static: str
) -> None:
    names = [f"refused-{number}" for number in range(APPLICATIONS)]
    refused = [deployment(let_in.namespace, name, PODS // APPLICATIONS, static, *PROGRAM) for name in names]
    let_in.cluster.apply(*(asking("refused", each) for each in refused))
    begun = monotonic()
    sleep(WINDOW / 2)
    rolled_out(let_in.cluster, deployment(let_in.namespace, "beside", 3, static, *PROGRAM))
    sleep(max(0.0, begun + 1.25 * WINDOW - monotonic()))

    calls = authorizing.history(rule="refused")
    made = [pod for pod in pods(let_in.cluster, let_in.namespace) if pod["metadata"]["labels"]["app"] in names]
    assert len(made) == PODS
    starts = sum(status["restartCount"] + 1 for pod in made for status in pod["status"].get("initContainerStatuses", ()))
    of = {pod["status"]["podIP"]: pod["metadata"]["labels"]["app"] for pod in made if pod["status"].get("podIP")}
    here, everywhere = defaultdict[str, list[float]](list), defaultdict[str, list[float]](list)
    for call in calls:
        here[call["address"]].append(call["begun"])
        everywhere[of[call["address"]]].append(call["begun"])
    questions = authorizing.events("authorization")
    asked = [line for line in questions if line.get("application") in {f"{let_in.namespace}/{name}" for name in names}]
    told = [line for line in questions if line.get("application") == f"{let_in.namespace}/beside"]
    slowest = max(line["milliseconds"] for line in told)
    print(
        f"\n{PODS} pods started {starts} times in {monotonic() - begun:.0f} s and asked {len(asked)} times: {len(calls)} calls, "
        f"at most {most(here.values())} for an address and {most(everywhere.values())} of an application in {WINDOW} s; "
        f"others were answered within {slowest} ms"
    )
    assert len(asked) > len(calls)
    assert most(here.values()) <= CALLS
    assert most(everywhere.values()) <= FAILURES + IN_FLIGHT
    assert [line["status"] for line in told] == ["200"] * 3
    assert slowest < 5000


def most(groups: Iterable[list[float]]) -> int:
    """Of a group's moments in any window."""
    length = WINDOW - ON_ITS_WAY
    return max(sum(first <= moment < first + length for moment in moments) for moments in groups for first in moments)
