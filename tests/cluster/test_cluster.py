"""The node is a real one: what richpod's features rely on works here without them."""

from collections.abc import Callable, Iterator
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import pytest

from .access import Cluster, Object, ready
from .fixed_address import ANNOTATION
from .layout import NODE
from .node import BOUND, VIEWED
from .pods import pod

pytestmark = pytest.mark.cluster
Namespace = Callable[..., str]


@pytest.fixture
def server_on_the_host(cluster: Cluster, tmp_path: Path) -> Iterator[str]:
    (tmp_path / "greeting").write_text("from the host\n")
    files = partial(SimpleHTTPRequestHandler, directory=str(tmp_path))
    with HTTPServer((cluster.host, 0), files) as server:
        Thread(target=server.serve_forever).start()
        yield f"http://{cluster.host}:{server.server_port}/greeting"
        server.shutdown()


def test_the_node_is_ready(cluster: Cluster) -> None:
    cluster.kubectl("wait", "--for=condition=Ready", f"node/{NODE}", "--timeout=10s")


def test_argv_and_environment_arrive_byte_for_byte(cluster: Cluster, namespace: Namespace, static: str) -> None:
    argv = ["/probe", "show", "", "a b\n", "ü"]
    lines = cluster.output(pod(namespace(), static, *argv)).splitlines()
    assert [line for line in lines if line.startswith("argument")] == [f"argument {word.encode().hex()}" for word in argv]
    assert f"environment {b'HOSTNAME=subject'.hex()}" in lines


def test_an_annotation_fixes_the_address_also_of_the_next_pod(cluster: Cluster, namespace: Namespace, busybox: str) -> None:
    subject = pod(namespace(), busybox, "sleep", "1000")
    name = subject["metadata"]["namespace"]
    subject["metadata"]["annotations"][ANNOTATION] = '["198.18.0.77"]'
    for _ in range(2):
        cluster.apply(subject)
        assert cluster.wait_for_pod(name, "subject", ready)["status"]["podIP"] == "198.18.0.77"
        assert "198.18.0.77/24" in cluster.kubectl("-n", name, "exec", "subject", "--", "ip", "-o", "address", "show", "eth0")
        cluster.kubectl("-n", name, "delete", "pod", "subject")


def test_a_name_leads_to_the_pods_of_a_service(cluster: Cluster, namespace: Namespace, busybox: str, debian: str) -> None:
    name = namespace()
    cluster.apply(
        pod(name, busybox, "httpd", "-f", "-p", "8080", "-h", "/etc"),
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "front", "namespace": name},
            "spec": {"selector": {"app": "subject"}, "ports": [{"port": 80, "targetPort": 8080}]},
        },
    )
    cluster.wait_for_pod(name, "subject", ready)
    cluster.kubectl("-n", name, "wait", "--for=jsonpath={.endpoints[0].conditions.ready}=true", "endpointslice", "--all")
    ask = f"exec 3<>/dev/tcp/front.{name}/80; printf 'GET / HTTP/1.0\\r\\n\\r\\n' >&3; read -r answer <&3; echo $answer"
    client = pod(namespace(), debian, "bash", "-ec", ask)
    assert cluster.output(client).startswith("HTTP/1.")


def test_a_pod_reaches_a_server_on_this_machine(
    cluster: Cluster, namespace: Namespace, busybox: str, server_on_the_host: str
) -> None:
    assert cluster.output(pod(namespace(), busybox, "wget", "-qO-", server_on_the_host)) == "from the host\n"


def test_gvisor_runs_pods_and_their_overhead_is_counted(cluster: Cluster, namespace: Namespace, busybox: str) -> None:
    subject = pod(namespace(), busybox, "cat", "/proc/version", runtimeClassName="gvisor")
    assert "gvisor" in cluster.output(subject)
    name = subject["metadata"]["namespace"]
    overhead = cluster.kubectl("-n", name, "get", "pod", "subject", "-o", "jsonpath={.spec.overhead}")
    assert overhead == '{"cpu":"10m","memory":"16Mi"}'


def test_the_lxcfs_folder_shows_a_pod_its_own_limits(cluster: Cluster, namespace: Namespace, debian: str) -> None:
    files = " ".join(f"/{path}" for path in VIEWED)
    subject = pod(namespace(), debian, "bash", "-ec", f"cat {files} >/dev/null; free -m; cat /{VIEWED[-1]}")
    (container,) = subject["spec"]["containers"]
    container["resources"] = {"limits": {"cpu": "1", "memory": "64Mi"}}
    subject["spec"]["volumes"] = [
        {"name": f"view-{number}", "hostPath": {"path": f"{BOUND}/{path}", "type": "File"}} for number, path in enumerate(VIEWED)
    ]
    container["volumeMounts"] = [
        {"name": f"view-{number}", "mountPath": f"/{path}", "mountPropagation": "HostToContainer", "readOnly": True}
        for number, path in enumerate(VIEWED)
    ]
    _, memory, _, online = cluster.output(subject).splitlines()
    assert memory.split()[:2] == ["Mem:", "64"]
    assert online == "0"


def test_an_image_volume_brings_a_program(cluster: Cluster, namespace: Namespace, static: str, busybox: str) -> None:
    volume = {"name": "tools", "image": {"reference": busybox, "pullPolicy": "Never"}}
    subject = pod(namespace(), static, "/tools/bin/busybox", "echo", "hello", volumes=[volume])
    subject["spec"]["containers"][0]["volumeMounts"] = [{"name": "tools", "mountPath": "/tools"}]
    assert cluster.output(subject) == "hello\n"


@pytest.mark.usefixtures("quick_restarts")
def test_a_crashing_container_starts_again_soon(cluster: Cluster, namespace: Namespace, static: str) -> None:
    name = namespace()
    cluster.apply(pod(name, static, "/probe", "segfault", restartPolicy="Always"))

    def restarted_often(seen: Object) -> bool:
        return any(status["restartCount"] >= 3 for status in seen["status"].get("containerStatuses", []))

    (status,) = cluster.wait_for_pod(name, "subject", restarted_often, seconds=30)["status"]["containerStatuses"]
    assert status["lastState"]["terminated"]["exitCode"] == 139
