"""A real Prometheus watches a real webhook: every expression of board and alerts is evaluated, and none is about nothing."""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import orjson
import pytest

from tests.prometheus import Prometheus, prometheus
from tests.reviews import pod, review
from tests.running import DEFAULT, Files, Running, process
from webhook.cli.manifests.alert import rules
from webhook.cli.manifests.alerts import ALERTS
from webhook.cli.manifests.panels import ROWS

EXPRESSIONS = tuple(
    expression.replace("$__rate_interval", "1m") for row in ROWS.values() for panel in row for expression, _ in panel.queries
)
FOREIGN = ("apiserver_", "richpod_certs_", "richpod_gateway_", "richpod_lxcfs_")
OF_OTHERS = tuple(expression for expression in EXPRESSIONS if any(f in expression for f in FOREIGN))
REVIEWS = (
    (DEFAULT, review(pod())),
    (DEFAULT, review(pod({"volumes": [{"name": "richpod-mine", "emptyDir": {}}]}))),
    (DEFAULT, review(pod(annotations={"richpod.io/intt": "launch"}))),
    ("/unknown-profile", review(pod())),
    (DEFAULT, review(pod({"containers": [{"name": "app", "image": "localhost:1/app"}]}))),
)
NOBODY = "images: {registries: {localhost:1: {addresses: [127.0.0.0/8, '::1/128']}}}"
"""A registry that nobody listens for."""


class Watched(NamedTuple):
    webhook: Running
    prometheus: Prometheus


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    """A few reviews are sent between two scrapes, and all is scraped."""
    folder = tmp_path_factory.mktemp("prometheus")
    with process(Files(folder), NOBODY) as (webhook, _):
        scrape = {"job_name": "richpod", "static_configs": [{"targets": [f"127.0.0.1:{webhook.health_port}"]}]}
        with prometheus(folder, [scrape], rules(ALERTS)) as server:
            server.until(lambda: server.query("richpod_ready == 1"))
            for _ in range(2):
                for path, sent in REVIEWS:
                    webhook.post(orjson.dumps(sent), path)
                received = f"richpod_admission_request_bytes_total == {webhook.metric('richpod_admission_request_bytes_total')}"
                server.until(partial(server.query, received))
            yield Watched(webhook, server)


@pytest.mark.parametrize("expression", sorted({*EXPRESSIONS} - {*OF_OTHERS}))
def test_r58_the_board_shows_the_webhook(watched: Watched, expression: str) -> None:
    assert [series for series in watched.prometheus.query(expression) if series["value"][1] != "NaN"]


@pytest.mark.parametrize("expression", OF_OTHERS)
def test_what_the_board_shows_of_others_can_be_evaluated(watched: Watched, expression: str) -> None:
    assert watched.prometheus.query(expression) == []


def test_r58_every_alert_is_evaluated_and_the_right_ones_are_raised(watched: Watched) -> None:
    server = watched.prometheus
    server.until(lambda: server.rules()["RichpodUnknownProfile"]["state"] == "firing")
    judged = server.rules()
    assert {name: rule.get("lastError", "") for name, rule in judged.items() if rule["health"] != "ok"} == {}
    raised = {name for name, rule in judged.items() if rule["state"] != "inactive"}
    assert set(judged) == {alert.name for alert in ALERTS}
    # One replica alone is one too few, and the test's certificate ends tomorrow.
    assert raised == {"RichpodUnknownProfile", "RichpodReplicaMissing", "RichpodCertificateExpires"}
