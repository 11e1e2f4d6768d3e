"""Hooks and the traffic switch in their order, by the clock; and what a pod has of its own beside them goes on as it was."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import kubernetes
import pytest

from webhook.inpod.contract import SIDECAR_CONTAINER, STATE_ROOT

from .access import Object, ready
from .hooked import PROGRAM, WEB, hooks, settle, start
from .moments import first, headless, serves
from .rich import Place, policy

pytestmark = [pytest.mark.cluster, pytest.mark.usefixtures("richpod_image", "quick_restarts")]

DRAIN = 1
POLICY = policy(hooks(drain=DRAIN), runtimes={"gvisor": {"class": "gvisor", "kind": "gvisor"}})
BEGIN = ["[prestart] prestart", "program", "answering", "[preonline] preonline", "online"]
END = ["offline", "[postoffline] postoffline", "stopping", "[poststop] poststop clean 0 0"]
STDOUT = "/proc/1/fd/1"
LATE = 0.5
"""Seconds by which a busy machine may see the file go too late."""


WAYS: dict[str, dict[str, Any]] = {
    "runc": {},
    "gvisor": {"ask": {"runtime": "gvisor"}},
    "dumb-init": {"ask": {"init": "dumb-init"}},
    "hostNetwork": {"hostNetwork": True},
}


@pytest.mark.parametrize("fields", WAYS.values(), ids=WAYS)
def test_everything_has_its_order(rich: Place, busybox: str, fields: dict[str, Any]) -> None:
    """Trap 7: the sidecar, which is started first, waits for a program that nobody holds up for it."""
    pods = kubernetes.client.CoreV1Api(rich.cluster.api).list_namespaced_pod
    slices = kubernetes.client.DiscoveryV1Api(rich.cluster.api).list_namespaced_endpoint_slice
    rich.cluster.apply(headless(rich.namespace, app="subject"))
    with ThreadPoolExecutor() as threads:
        pod_ready = threads.submit(first, pods, rich.namespace, ready)
        serving = threads.submit(first, slices, rich.namespace, lambda slice: serves(slice, "subject"))
        told = start(rich, busybox, env=[{"name": "STARTING", "value": "1"}], **fields)
        told.wait("online")
        assert told.texts() == BEGIN
        *_, preonline, online = told.lines()
        for readiness in (pod_ready.result(), serving.result()):
            assert preonline.at < readiness
            assert online.at < readiness + LATE

        not_serving = threads.submit(first, slices, rich.namespace, lambda slice: not serves(slice, "subject"))
        settle(rich.cluster)
        rich.cluster.kubectl("-n", rich.namespace, "delete", "pod", "subject", "--wait=false")
        told.wait(END[-1])
        assert told.texts() == BEGIN + END
        offline, postoffline, *_ = told.lines()[len(BEGIN) :]
        assert abs(not_serving.result() - offline.at) <= 1
        assert postoffline.at - offline.at > DRAIN - LATE


def test_two_containers_do_not_share_a_state(rich: Place, busybox: str) -> None:
    other = f"mount | grep -c {STATE_ROOT}; exec sleep 1000"
    containers = [container("main", busybox, PROGRAM, volumeMounts=WEB["volumeMounts"]), container("other", busybox, other)]
    told = start(rich, busybox, containers=containers)
    told.wait("online")
    assert rich.cluster.kubectl("-n", rich.namespace, "logs", "subject", "-c", "other") == "0\n"

    rich.cluster.kubectl("-n", rich.namespace, "exec", "subject", "-c", "other", "--", "killall", "sleep")
    rich.cluster.wait_for_pod(rich.namespace, "subject", lambda pod: restarts(pod, "other") == 1)
    settle(rich.cluster)
    assert told.texts() == BEGIN
    assert rich.inside("cat", f"{STATE_ROOT}/main/generation") == "1\n"


def test_lifecycle_hooks_and_probes_of_the_pod_stay_and_work(rich: Place, plain: Place, busybox: str) -> None:
    own: dict[str, Any] = {
        "lifecycle": {"postStart": shell(f"echo poststart > {STDOUT}"), "preStop": shell(f"echo prestop > {STDOUT}")},
        "readinessProbe": {**shell("test -e /tmp/ready"), "periodSeconds": 1},
        "livenessProbe": {**shell("test ! -e /tmp/sick"), "periodSeconds": 1, "failureThreshold": 1},
    }
    twin = plain.create(busybox, "sleep", "1000", **own).stored
    told = start(rich, busybox, **own)
    told.wait("online")

    waiting = rich.cluster.wait_for_pod(rich.namespace, "subject", lambda pod: is_ready(pod, SIDECAR_CONTAINER))
    assert {field: waiting["spec"]["containers"][0][field] for field in own} == {
        field: twin["spec"]["containers"][0][field] for field in own
    }
    assert not ready(waiting)
    rich.inside("touch", "/tmp/ready")
    rich.started()

    rich.inside("touch", "/tmp/sick")
    told.wait("online", times=2)
    assert without(told.texts(), "poststart") == [*BEGIN, "prestop", *END, *BEGIN]
    assert told.texts().count("poststart") == 2

    rich.cluster.kubectl("-n", rich.namespace, "delete", "pod", "subject", "--wait=false")
    told.wait(END[-1], times=2)
    assert without(told.texts(), "poststart")[-len(END) - 1 :] == ["prestop", *END]


def test_jobs_finish_and_have_no_traffic_to_switch(rich: Place, busybox: str) -> None:
    """Trap 10."""
    ends = {"succeeding": 0, "failing": 42}
    rich.cluster.apply(*(job(rich.namespace, name, busybox, f"echo program; exit {code}") for name, code in ends.items()))
    for name, condition in {"succeeding": "Complete", "failing": "Failed"}.items():
        rich.cluster.kubectl("-n", rich.namespace, "wait", f"--for=condition={condition}", f"job/{name}", "--timeout=60s")
        lines = rich.cluster.kubectl("-n", rich.namespace, "logs", f"job/{name}").splitlines()
        assert lines == ["[prestart] prestart", "program", f"[poststop] poststop clean {ends[name]} 0"]


def without(texts: list[str], one: str) -> list[str]:
    """The kubelet runs postStart beside the program: its place is nobody's promise."""
    return [text for text in texts if text != one]


def shell(script: str) -> Object:
    return {"exec": {"command": ["sh", "-c", script]}}


def container(name: str, image: str, script: str, **more: object) -> Object:
    return {"name": name, "image": image, "imagePullPolicy": "Never", "command": ["sh", "-c", script], **more}


def job(namespace: str, name: str, image: str, script: str) -> Object:
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "backoffLimit": 0,
            "template": {"spec": {"containers": [container("main", image, script)], "restartPolicy": "Never"}},
        },
    }


def is_ready(pod: Object, name: str) -> bool:
    return any(found["name"] == name and found["ready"] for found in statuses(pod))


def restarts(pod: Object, name: str) -> int:
    return sum(found["restartCount"] for found in statuses(pod) if found["name"] == name)


def statuses(pod: Object) -> list[Object]:
    status = pod.get("status", {})
    return [*status.get("initContainerStatuses", []), *status.get("containerStatuses", [])]
