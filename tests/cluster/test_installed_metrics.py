"""What the pods of an installation show and write is what docs/metrics.md says."""

import json
from collections.abc import Iterator
from typing import NamedTuple

import pytest

from tests.log_events import EVENTS
from tests.metrics_page import listed, shown
from webhook.installation import CERTS, HEALTH_PORT, NAMESPACE, WEBHOOK

from .access import Cluster
from .installation import LABEL, installed
from .rich import policy

pytestmark = pytest.mark.cluster


class Replica(NamedTuple):
    """One pod of the installation."""

    cluster: Cluster
    name: str

    def metrics(self) -> str:
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{self.name}:{HEALTH_PORT}/proxy/metrics"
        return self.cluster.kubectl("get", "--raw", path)

    def lines(self) -> list[dict[str, object]]:
        return [json.loads(line) for line in self.cluster.kubectl("-n", NAMESPACE, "logs", self.name).splitlines()]


@pytest.fixture(scope="module")
def installation(cluster: Cluster, richpod_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    assert richpod_image
    with installed(cluster, policy(), tmp_path_factory.mktemp("installed")):
        yield cluster


@pytest.fixture(params=[("serve", WEBHOOK), ("certs", CERTS)])
def replicas(request: pytest.FixtureRequest, installation: Cluster) -> tuple[str, list[Replica]]:
    """A command, and the pods that run it."""
    command, workload = request.param
    selected = f"{LABEL},richpod.io/component={workload}"
    found = installation.kubectl("-n", NAMESPACE, "get", "pods", "-l", selected, "-o", "jsonpath={.items[*].metadata.name}")
    assert found
    return command, [Replica(installation, name) for name in found.split()]


def test_r58_running_pods_show_the_metrics_of_the_page(replicas: tuple[str, list[Replica]]) -> None:
    command, pods = replicas
    for pod in pods:
        assert shown(pod.metrics().encode()) == listed(command)


def test_r57_running_pods_write_the_lines_of_the_page(replicas: tuple[str, list[Replica]]) -> None:
    command, pods = replicas
    known = {event.event: event for event in EVENTS if event.command in (command, "every one")}
    for line in (line for pod in pods for line in pod.lines()):
        event = known[str(line["event"])]
        fields = line.keys() - {"time", "event"}
        assert {*event.fields} <= fields <= {*event.fields, *event.sometimes}
