"""Both ways in which the toolkit reaches a container, and what neither of them may cost the pod."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from webhook.admission.entries import ENFORCE
from webhook.inpod.contract import NO_TOKEN_VOLUME, SERVICE_ACCOUNT_PATH, TOOLKIT_CONTAINER, TOOLKIT_VOLUME

from .access import Cluster
from .namespaces import Namespaces
from .rich import End, Place, opted_in, policy

pytestmark = pytest.mark.cluster

ENDED = ("Failed", "Succeeded")
NOEXEC = 'the volume "/.richpod" is mounted noexec on this node, so no program in it can run: '
RESTRICTED = {
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "allowPrivilegeEscalation": False,
    "readOnlyRootFilesystem": True,
    "capabilities": {"drop": ["ALL"]},
    "seccompProfile": {"type": "RuntimeDefault"},
}


@pytest.fixture(scope="module", params=["copy", "image"])
def delivery(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def labels(cluster: Cluster, toolkit: str, delivery: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with opted_in(cluster, policy(toolkit={"delivery": delivery}), tmp_path_factory.mktemp("webhook")) as opted:
        yield opted


def test_the_toolkit_comes_by_init_container_or_by_image_volume(rich: Place, static: str, delivery: str) -> None:
    stored = rich.create(static, "/probe", "whoami", ask={"init": "dumb-init"}).stored
    init_containers = [container["name"] for container in stored["spec"].get("initContainers", [])]
    (volume,) = (volume for volume in stored["spec"]["volumes"] if volume["name"] == TOOLKIT_VOLUME)
    assert init_containers == ([TOOLKIT_CONTAINER] if delivery == "copy" else [])
    assert ("emptyDir" if delivery == "copy" else "image") in volume
    assert "parent 1 user 0" in rich.output()


def test_nobody_can_write_into_the_toolkit(rich: Place, busybox: str) -> None:
    rich.create(busybox, "sh", "-c", "ls /.richpod/bin; touch /.richpod/bin/launch /.richpod/more 2>&1")
    assert rich.output().splitlines() == [
        "busybox",
        "dumb-init",
        "launch",
        "probe",
        "touch: /.richpod/bin/launch: Read-only file system",
        "touch: /.richpod/more: Read-only file system",
    ]


def test_where_a_node_lets_nothing_in_volumes_be_executed_our_container_says_so(rich: Place, static: str, delivery: str) -> None:
    """Trap 12. What is delivered as an image lies in none."""
    stored = rich.create(static, "/probe", "exit", "0", schedulingGates=[{"name": "example.com/shut"}]).stored
    with noexec(rich.cluster, stored["metadata"]["uid"]):
        opened = json.dumps([{"op": "remove", "path": "/spec/schedulingGates"}])
        rich.cluster.kubectl("-n", rich.namespace, "patch", "pod", "subject", "--type=json", "-p", opened)
        status = rich.cluster.wait_for_pod(rich.namespace, "subject", lambda pod: pod["status"]["phase"] in ENDED)["status"]
    said = [one["state"]["terminated"]["message"] for one in status.get("initContainerStatuses", [])]
    assert status["phase"] == ("Failed" if delivery == "copy" else "Succeeded")
    assert [NOEXEC in message for message in said] == ([True] if delivery == "copy" else [])


@contextmanager
def noexec(cluster: Cluster, uid: str) -> Iterator[None]:
    """All emptyDirs of a pod that is not on the node yet."""
    assert cluster.layout
    folder = f"{cluster.layout.run}/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir"
    cluster.on_node("mkdir", "-p", folder)
    cluster.on_node("mount", "-t", "tmpfs", "-o", "noexec", "noexec", folder)
    try:
        yield
    finally:
        cluster.on_node("umount", "--lazy", folder)


def test_a_guaranteed_pod_stays_guaranteed(rich: Place, static: str) -> None:
    """Requirement 35."""
    rich.create(static, "/probe", "exit", "0", resources={"limits": {"cpu": "100m", "memory": "32Mi"}})
    seen = rich.cluster.wait_for_pod(rich.namespace, "subject", lambda pod: pod["status"]["phase"] == "Succeeded")
    assert seen["status"]["qosClass"] == "Guaranteed"


def test_namespaces_that_enforce_pod_security_restricted_admit_and_run_it(
    cluster: Cluster, labels: dict[str, str], namespace: Namespaces, static: str
) -> None:
    """Requirement 39."""
    place = Place(cluster, namespace({**labels, ENFORCE: "restricted"}))
    place.create(static, "/probe", "whoami", "exit", "42", securityContext=RESTRICTED)
    assert place.end() == End(42, "Error", "")
    assert "parent 1 user 1000" in place.output()


def test_our_container_has_no_service_account_token_and_the_application_keeps_its_own(
    rich: Place, busybox: str, delivery: str
) -> None:
    """Requirement 32."""
    rich.create(busybox, "sleep", "1000")
    spec = (stored := rich.started())["spec"]
    assert "token" in rich.inside("ls", SERVICE_ACCOUNT_PATH).split()
    ours = [mount for container in spec.get("initContainers", []) for mount in container["volumeMounts"]]
    assert [mount["name"] for mount in ours] == ([TOOLKIT_VOLUME, NO_TOKEN_VOLUME] if delivery == "copy" else [])
    if delivery == "copy" and (layout := rich.cluster.layout):
        assert ours[1]["mountPath"] == SERVICE_ACCOUNT_PATH
        volumes = f"{layout.run}/kubelet/pods/{stored['metadata']['uid']}/volumes/kubernetes.io~empty-dir"
        assert rich.cluster.on_node("ls", "-A", f"{volumes}/{NO_TOKEN_VOLUME}") == ""
        assert rich.cluster.on_node("ls", "-A", f"{volumes}/{TOOLKIT_VOLUME}") == "bin\nsbin\n"
