"""What a real API server says about calls of our entries, and what board and alerts of a real Prometheus make of it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from uuid import uuid4

import pytest

from tests.metrics_page import API_SERVER
from tests.prometheus import Prometheus, prometheus
from webhook.admission.entries import INJECT, entries
from webhook.cli.manifests.alert import rules
from webhook.cli.manifests.alerts import ALERTS
from webhook.cli.manifests.monitoring import component
from webhook.cli.manifests.panels import ROWS
from webhook.installation import NAMESPACE
from webhook.policy import Policy
from webhook.policy.file import parse

from .access import Cluster, Object
from .creation import create
from .injection import registered, rich_configuration, served
from .namespaces import namespaces
from .pods import pod
from .processes import run

pytestmark = pytest.mark.cluster

NAME = f"monitoring-{uuid4().hex[:8]}"
OPERATOR = "github.com/prometheus-operator/prometheus-operator@v0.85.0"
"""Holds the definitions of its custom resources."""
OF_THE_API_SERVER = [
    expression.replace("$__rate_interval", "1m")
    for row in ROWS.values()
    for panel in row
    for expression, _ in panel.queries
    if "apiserver_" in expression
]


@pytest.fixture(scope="module")
def watched(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """Scrapes the API server: a pod is refused by the webhook; then, without it, one is not created and one is, as it was."""
    folder = tmp_path_factory.mktemp("prometheus")
    with (
        prometheus(folder, [_scrape(api_server)], rules(ALERTS)) as server,
        namespaces(api_server) as make,
        ExitStack() as stack,
    ):
        server.until(lambda: server.query("up == 1"))
        ordinary, required = (make({"test-webhook": NAME, INJECT: "true"}) for _ in range(2))
        caged = {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": [required]}
        policy = json.dumps({"runtimes": {"gvisor": {"class": "gvisor", "kind": "gvisor"}}, "profiles": {"caged": caged}})
        with served(api_server.host, policy, folder) as webhook:
            configuration = rich_configuration(NAME, policy, webhook.at)
            for described, entry in zip(configuration["webhooks"], entries(parse(policy)), strict=False):
                described["failurePolicy"] = entry.failure_policy
            stack.enter_context(registered(api_server, configuration, NAME))
            reserved = {"name": "richpod-mine", "emptyDir": {}}
            assert create(api_server, pod(ordinary, "app:1", "/app", volumes=[reserved])).status == 422

        def raised() -> bool:
            """Counted from the second time on: what Prometheus did not see beginning may be old."""
            assert create(api_server, pod(ordinary, "app:1", "/app")).accepted
            assert create(api_server, pod(required, "app:1", "/app")).status == 500
            judged = server.rules()
            return all(judged[name]["state"] == "firing" for name in ("RichpodFailsOpen", "RichpodBlocksPods"))

        server.until(raised)
        yield server


def test_r58_calls_that_fail_are_told_by_entry(watched: Prometheus) -> None:
    """Both alerts fire before the tests begin."""
    judged = watched.rules()
    open_, blocked = ([alert["labels"] for alert in judged[f"Richpod{name}"]["alerts"]] for name in ("FailsOpen", "BlocksPods"))
    assert "privileged.default.inject.richpod.io" in {labels["name"] for labels in open_}
    failed = {(labels["name"], labels["error_type"]) for labels in blocked}
    assert ("privileged.caged.namespace.richpod.io", "calling_webhook_error") in failed
    assert not [labels for labels in blocked if labels["error_type"] == "no_error"]


@pytest.mark.parametrize("metric", API_SERVER)
def test_r58_the_api_servers_metrics_have_the_labels_of_the_page(watched: Prometheus, metric: str) -> None:
    kind, labels, _ = API_SERVER[metric]
    found = watched.query(f'{metric}{"_bucket" if kind == "histogram" else ""}{{name=~".+[.]richpod[.]io"}}')
    assert found
    own = {"__name__", "instance", "job", "le"}
    assert all(series["metric"].keys() - own == {*labels} for series in found)


@pytest.mark.parametrize("expression", OF_THE_API_SERVER)
def test_r58_the_board_shows_what_the_api_server_says(watched: Prometheus, expression: str) -> None:
    assert [series for series in watched.query(expression) if series["value"][1] != "NaN"]


def _scrape(cluster: Cluster) -> Object:
    """Of the API server's metrics, those about webhooks: there are thousands."""
    access = cluster.api.configuration
    return {
        "job_name": "apiserver",
        "scheme": "https",
        "scrape_interval": "2s",
        "scrape_timeout": "2s",
        "static_configs": [{"targets": [access.host.removeprefix("https://")]}],
        "tls_config": {"ca_file": access.ssl_ca_cert, "cert_file": access.cert_file, "key_file": access.key_file},
        "metric_relabel_configs": [{"source_labels": ["__name__"], "regex": "apiserver_admission_webhook_.+", "action": "keep"}],
    }


@pytest.fixture(scope="module")
def operated(alone: Cluster) -> Cluster:
    """An API server that knows the custom resources of the Prometheus operator."""
    module = json.loads(run("go", "mod", "download", "-json", OPERATOR, cwd=Path("/")))
    for kind in ("podmonitors", "prometheusrules"):
        file = f"{module['Dir']}/example/prometheus-operator-crd/monitoring.coreos.com_{kind}.yaml"
        alone.kubectl("apply", "--server-side", "-f", file)
        alone.kubectl("wait", "--for=condition=Established", "-f", file)
    return alone


def test_the_prometheus_operator_knows_every_field_of_the_component(operated: Cluster) -> None:
    operated.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    for manifest in component(Policy()).resources:
        operated.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", input=json.dumps(manifest.object))
