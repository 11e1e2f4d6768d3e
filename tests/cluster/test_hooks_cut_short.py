"""What cuts hooks short, as the table in docs/hooks.md says it, seen on live pods."""

import json
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path
from time import time
from typing import Any

import pytest

from .access import Cluster
from .cut_short import ROWS, Row, steps, streams
from .events import EVENTS, Subject
from .hooked import KINDS, PROGRAM, WEB, hooks, start
from .namespaces import namespaces
from .processes import until
from .rich import Place, policy
from .told import Line, Told
from .workload import deployment, pods, rolled_out

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("quick_restarts")]

DRAIN = 3
"""Longer than a pod lives that is deleted by force."""
LATE = 0.5
"""Seconds by which a busy machine may see the file go too late."""
POLICY = policy(hooks(drain=DRAIN, timeout=2))
FAILS, HANGS = json.dumps(["/bin/sh", "-c", "exit 3"]), json.dumps(["/bin/sleep", "1000"])
OUT_OF_MEMORY, WHOLE = "the program is killed for its memory", "the whole container is killed"
CGROUP_V2 = Path("/sys/fs/cgroup/cgroup.controllers")
"""Where it is there, the kernel kills all of a container for its memory."""
EARLY, KUBELET, ROLLING = "deletion before the program is online", "the kubelet restarts", "rolling update"
FIELDS: dict[str, dict[str, Any]] = {
    EARLY: {"env": [{"name": "STARTING", "value": "1000"}]},
    "liveness probe fails": {
        "livenessProbe": {
            "exec": {"command": ["test", "!", "-e", "/tmp/sick"]},
            "periodSeconds": 1,
            "failureThreshold": 1,
            "timeoutSeconds": 10,
        }
    },
    OUT_OF_MEMORY: {"resources": {"limits": {"memory": "64Mi"}}},
    "the program starts slowly": {"env": [{"name": "STARTING", "value": "5"}]},
    "the program stops slowly": {"env": [{"name": "STOPPING", "value": "1000"}], "terminationGracePeriodSeconds": 2},
}
"""Of the pods of some rows."""

Outcomes = dict[str, Future[tuple[str, ...]]]
"""What ran in the pod of each row."""


@pytest.fixture(scope="module")
def outcomes(cluster: Cluster, labels: dict[str, str], busybox: str, richpod_image: str) -> Iterator[Outcomes]:
    """All side by side, but the kubelet restarts when the others have ended."""
    with namespaces(cluster) as make, ThreadPoolExecutor(len(ROWS)) as threads:
        place = Place(cluster, make(labels))
        found = {row.what: threads.submit(outcome, row, place, busybox) for row in ROWS if row.what != KUBELET}
        wait(found.values())
        yield found | {row.what: threads.submit(outcome, row, place, busybox) for row in ROWS if row.what == KUBELET}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.what.replace(" ", "-"))
def test_what_runs_is_what_the_table_says(row: Row, outcomes: Outcomes) -> None:
    """Trap 28: after a prestart that fails there is no program, but another try."""
    as_by = WHOLE if row.what == OUT_OF_MEMORY and CGROUP_V2.exists() else row.what
    (expected,) = (row.runs for row in ROWS if row.what == as_by)
    assert streams(outcomes[row.what].result()) == streams(expected)


def outcome(row: Row, place: Place, image: str) -> tuple[str, ...]:
    told = rolling(place, image) if row.what == ROLLING else alone(row, place, image)
    begun, before, event = [], 0, EVENTS.get(row.what)
    if event:
        told.wait("program" if row.what == EARLY else "online")
        begun = [Line(time(), 0, "offline")] if row.what == EARLY else []
        before = len(told.lines())
        event(Subject(place, told.pod))

    def found() -> tuple[str, ...]:
        return steps(begun + told.lines()[before:], DRAIN - LATE)

    try:
        until(f"{row.runs} of {row.what}", lambda: len(found()) >= len(row.runs))
    except TimeoutError as error:
        error.add_note("\n".join(told.texts()))
        raise
    return found() if event else found()[: len(row.runs)]


def alone(row: Row, place: Place, image: str) -> Told:
    kind, _, how = row.what.partition(" ")
    ask = {kind: FAILS if how == "fails" else HANGS} if kind in KINDS else {}
    return start(place, image, f"row-{ROWS.index(row)}", ask, **FIELDS.get(row.what, {}))


def rolling(place: Place, image: str) -> Told:
    made = deployment(place.namespace, "rolling", 1, image, "sh", "-c", PROGRAM)
    spec = made["spec"]["template"]["spec"]
    spec["volumes"], spec["containers"][0]["volumeMounts"] = WEB["volumes"], WEB["volumeMounts"]
    rolled_out(place.cluster, made)
    (pod,) = (pod for pod in pods(place.cluster, place.namespace) if pod["metadata"]["labels"]["app"] == "rolling")
    return Told(place.cluster, place.namespace, pod["metadata"]["name"])
