"""The board is one that Grafana can import, and asks only for what there is.

Grafana itself is not run here: this is its format, not its picture.
"""

import re
from itertools import combinations
from typing import Any

import pytest

from tests.metrics_page import LABELS
from webhook.cli.manifests.alerts import ALERTS
from webhook.cli.manifests.board import COLUMNS, board
from webhook.cli.manifests.monitoring import NODE

Json = dict[str, Any]

PANELS: list[Json] = board()["panels"]
SHOWING = [panel for panel in PANELS if panel["type"] != "row"]
EXPRESSIONS = [(panel["title"], target["expr"]) for panel in SHOWING for target in panel["targets"]]
EXPRESSIONS += [(alert.name, alert.expression) for alert in ALERTS]

_METRIC = r"\b((?:richpod|apiserver|kube)_\w*|up\b)"


@pytest.mark.parametrize(("title", "expression"), EXPRESSIONS, ids=[title for title, _ in EXPRESSIONS])
def test_r58_only_metrics_and_labels_that_exist_are_asked_for(title: str, expression: str) -> None:
    asked = re.sub(r'"[^"]*"', '""', expression)
    names = {name if name in LABELS else re.sub("_(bucket|count)$", "", name) for name in re.findall(_METRIC, asked)}
    assert names
    assert names <= LABELS.keys()
    selected = [word for inside in re.findall(r"\{([^}]*)\}", asked) for word in re.findall(r"(\w+)\s*[=!]", inside)]
    grouped = [word.strip() for inside in re.findall(r"by \(([^)]*)\)", asked) for word in inside.split(",")]
    # Prometheus adds these: which bucket of a histogram, which target, and where that runs.
    assert {*selected, *grouped} <= {"le", "instance", NODE}.union(*(LABELS[name] for name in names))


def test_every_metric_of_ours_that_counts_trouble_is_on_the_board() -> None:
    shown = " ".join(expression for _, expression in EXPRESSIONS)
    quiet = {
        "richpod_admission_patch_operations_total",
        "richpod_admission_request_bytes_total",
        "richpod_admission_response_bytes_total",
        "richpod_certificate_reloads_total",
        "richpod_certs_conflicts_total",
        "richpod_certs_expiry_timestamp_seconds",
        "richpod_certs_problems_total",
        "richpod_certs_writes_total",
    }
    assert {name for name in LABELS if name.startswith("richpod_") and name not in shown} == quiet


def test_legends_name_labels_that_the_series_have() -> None:
    for panel in SHOWING:
        for target in panel["targets"]:
            grouped = re.findall(r"by \(([^)]*)\)", target["expr"])
            there = {word.strip() for inside in grouped for word in inside.split(",")} if grouped else {"instance", NODE}
            assert {*re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])} <= there, panel["title"]


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)
    for one, other in combinations([panel["gridPos"] for panel in PANELS], 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert beside or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= COLUMNS for panel in PANELS)


def test_every_panel_asks_the_data_source_that_is_chosen_at_the_top() -> None:
    variable = board()["templating"]["list"][0]
    assert (variable["type"], variable["query"]) == ("datasource", "prometheus")
    chosen = {"type": "prometheus", "uid": f"${{{variable['name']}}}"}
    assert [panel["title"] for panel in SHOWING if panel["datasource"] != chosen] == []
    assert [panel["title"] for panel in SHOWING for target in panel["targets"] if target["datasource"] != chosen] == []


def test_every_panel_has_a_title_a_kind_and_a_unit_that_grafana_knows() -> None:
    assert len({panel["title"] for panel in PANELS}) == len(PANELS)
    assert {panel["type"] for panel in SHOWING} == {"stat", "table", "timeseries"}
    assert {panel["fieldConfig"]["defaults"]["unit"] for panel in SHOWING} == {"none", "ops", "s"}
    assert board()["schemaVersion"] >= 36
