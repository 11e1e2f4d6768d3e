"""richpod runs from its image in a namespace that enforces Pod Security `restricted`, as nobody, below a read-only root."""

import json
import re
from collections.abc import Iterator

import pytest

from webhook import __version__
from webhook.inpod.contract import SIDECAR_ARGV, SIDECAR_PORT
from webhook.installation import ADMISSION_PORT, HEALTH_PORT

from .access import Cluster, Object, ready
from .endpoints import certify
from .namespaces import Namespaces, namespaces
from .pods import pod
from .rich import policy

pytestmark = pytest.mark.cluster

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}
CONTAINER = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "readOnlyRootFilesystem": True,
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
UNCOMPILED = """
import os, sys, {}
compiled = [module.__cached__ for module in sys.modules.values() if getattr(module, "__cached__", None)]
print(len(compiled) > {}, [path for path in compiled if not os.path.exists(path)])
"""
SERVING = "certs.authority, webhook.__main__, webhook.admission.server, webhook.cluster"


def strict(namespace: str, image: str, *arguments: str) -> Object:
    """A pod of the image's own program."""
    whole = pod(namespace, image)
    container = whole["spec"]["containers"][0]
    del container["command"]
    container |= {"args": list(arguments), "securityContext": CONTAINER}
    return whole


@pytest.fixture(scope="module")
def serving(cluster: Cluster, richpod_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The namespace of a ready pod `subject` with `richpod serve`."""
    folder = tmp_path_factory.mktemp("serve")
    (folder / "policy.yaml").write_text(policy())
    certify(cluster.host, folder)
    with namespaces(cluster) as make:
        namespace = make(RESTRICTED)
        files = [f"--from-file={folder}/{name}" for name in ("policy.yaml", "tls.crt", "tls.key")]
        cluster.kubectl("-n", namespace, "create", "secret", "generic", "files", *files)
        arguments = ("serve", "--policy=/files/policy.yaml", "--tls-cert=/files/tls.crt", "--tls-key=/files/tls.key")
        whole = strict(namespace, richpod_image, *arguments)
        whole["spec"]["volumes"] = [{"name": "files", "secret": {"secretName": "files"}}]
        whole["spec"]["containers"][0] |= {
            "volumeMounts": [{"name": "files", "mountPath": "/files", "readOnly": True}],
            "readinessProbe": {"httpGet": {"path": "/readyz", "port": HEALTH_PORT}, "periodSeconds": 1},
        }
        cluster.apply(whole)
        cluster.wait_for_pod(namespace, "subject", ready)
        yield namespace


def test_it_says_its_version(cluster: Cluster, richpod_image: str, namespace: Namespaces) -> None:
    assert cluster.output(strict(namespace(RESTRICTED), richpod_image, "--version")) == f"richpod {__version__}\n"


def test_it_serves(cluster: Cluster, serving: str) -> None:
    assert cluster.answer(serving, "subject", HEALTH_PORT, "healthz")
    events = [json.loads(line) for line in cluster.kubectl("-n", serving, "logs", "subject").splitlines()]
    assert [event["port"] for event in events if event["event"] == "serving"] == [ADMISSION_PORT]


def test_it_is_nobody_and_cannot_write(cluster: Cluster, serving: str) -> None:
    status = inside(cluster, serving, "cat", "/proc/1/status")
    assert status["Uid"].split() == ["65532"] * 4
    assert int(status["CapEff"], 16) == 0
    assert " ro," in cluster.kubectl("-n", serving, "exec", "subject", "--", "grep", " / ", "/proc/self/mounts")


def test_every_module_that_it_imports_is_compiled(cluster: Cluster, serving: str) -> None:
    code = UNCOMPILED.format(SERVING, 500)
    assert cluster.kubectl("-n", serving, "exec", "subject", "--", "/opt/richpod/bin/python", "-c", code) == "True []\n"


def test_the_sidecar_of_pods_is_in_it(cluster: Cluster, richpod_image: str, namespace: Namespaces) -> None:
    """Small, and compiled with all that it loads."""
    place = namespace(RESTRICTED)
    whole = strict(place, richpod_image)
    whole["spec"]["containers"][0] |= {
        "command": [*SIDECAR_ARGV, "--state", "/.richpod-state/main"],
        "readinessProbe": {"tcpSocket": {"port": SIDECAR_PORT}, "periodSeconds": 1},
    }
    cluster.apply(whole)
    cluster.wait_for_pod(place, "subject", ready)
    assert int(inside(cluster, place, "cat", "/proc/1/status")["VmRSS"].split()[0]) <= 17 * 1024
    code = UNCOMPILED.format("webhook.inpod.sidecar.options", 20)
    assert cluster.kubectl("-n", place, "exec", "subject", "--", *SIDECAR_ARGV[:-2], "-c", code) == "True []\n"


def test_the_lxcfs_of_nodes_is_in_it(cluster: Cluster, richpod_image: str, namespace: Namespaces) -> None:
    """Its libraries too: else it could not say anything."""
    asked = pod(namespace(), richpod_image, "lxcfs", "--version")
    assert re.fullmatch(r'"?[\d.]+"?\n', cluster.output(asked))


def test_its_memory(cluster: Cluster, serving: str, capsys: pytest.CaptureFixture[str]) -> None:
    """Printed: resident before the first review."""
    resident = int(inside(cluster, serving, "cat", "/proc/1/status")["VmRSS"].split()[0]) / 1024
    with capsys.disabled():
        print(f"\nrichpod serve: {resident:.0f} MiB resident")
    assert resident < 256


def inside(cluster: Cluster, namespace: str, *command: str) -> dict[str, str]:
    """The lines `KEY: VALUE` that a command prints in the serving container. The base has the usual tools; richpod needs none."""
    lines = cluster.kubectl("-n", namespace, "exec", "subject", "--", *command).splitlines()
    return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
