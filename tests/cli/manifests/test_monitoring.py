"""The component `monitoring`: scrapes, alerts and board as objects of an installation."""

from itertools import chain
from typing import Any

import orjson
import pytest

from webhook.cli.manifests import certificates, monitoring, webhook
from webhook.cli.manifests.alert import rules
from webhook.cli.manifests.alerts import ALERTS
from webhook.cli.manifests.board import board
from webhook.cli.manifests.components import COMPONENTS
from webhook.inpod.contract import OWN_LABEL
from webhook.policy import Policy

Json = dict[str, Any]

POLICY = Policy()


def rendered(kind: str) -> Json:
    found = [manifest.object for manifest in monitoring.component(POLICY).resources if manifest.object["kind"] == kind]
    assert len(found) == 1
    return found[0]


PODS = [
    manifest.object["spec"]["template"]
    for manifest in chain(
        webhook.manifests(POLICY),
        certificates.manifests(POLICY),
        *(component(POLICY).resources for component in COMPONENTS.values()),
    )
    if "template" in manifest.object.get("spec", {})
]


@pytest.mark.parametrize("pod", PODS, ids=lambda pod: pod["metadata"]["labels"][OWN_LABEL])
def test_r58_every_process_is_scraped_at_a_port_that_it_has(pod: Json) -> None:
    monitor = rendered("PodMonitor")["spec"]
    assert [expression["key"] in pod["metadata"]["labels"] for expression in monitor["selector"]["matchExpressions"]] == [True]
    ports = {port["name"] for container in pod["spec"]["containers"] for port in container["ports"]}
    assert {endpoint["port"] for endpoint in monitor["podMetricsEndpoints"]} <= ports


def test_the_rules_are_a_rules_file_as_it_is() -> None:
    assert rendered("PrometheusRule")["spec"] == rules(ALERTS)


def test_the_board_is_found_by_grafanas_sidecar() -> None:
    described = rendered("ConfigMap")
    assert described["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert orjson.loads(described["data"]["richpod.json"]) == board()
