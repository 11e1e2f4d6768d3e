"""What the pods of an installation show and write is what docs/metrics.md says."""

import json

import pytest

from tests.log_events import EVENTS
from tests.metrics_page import listed, shown
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import CERTS, HEALTH_PORT, NAMESPACE, WEBHOOK

from .installation import Installation
from .rich import policy

pytestmark = pytest.mark.cluster
POLICY = policy()


@pytest.fixture(params=[("serve", WEBHOOK), ("certs", CERTS)])
def running(request: pytest.FixtureRequest, installation: Installation) -> tuple[str, list[str]]:
    """A command, and the names of the pods that run it."""
    command, workload = request.param
    found = installation.kubectl("get", "pods", "-l", f"{OWN_LABEL}={workload}", "-o", "jsonpath={.items[*].metadata.name}")
    assert found
    return command, found.split()


def test_r58_running_pods_show_the_metrics_of_the_page(installation: Installation, running: tuple[str, list[str]]) -> None:
    command, pods = running
    for pod in pods:
        assert shown(installation.cluster.answer(NAMESPACE, pod, HEALTH_PORT, "metrics").encode()) == listed(command)


def test_r57_running_pods_write_the_lines_of_the_page(installation: Installation, running: tuple[str, list[str]]) -> None:
    command, pods = running
    known = {event.event: event for event in EVENTS if event.command in (command, "every one")}
    for line in (json.loads(line) for pod in pods for line in installation.kubectl("logs", pod).splitlines()):
        event = known[line["event"]]
        fields = line.keys() - {"time", "event"}
        assert {*event.fields} <= fields <= {*event.fields, *event.sometimes}
