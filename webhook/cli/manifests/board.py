"""The Grafana board that the panels become."""

from typing import Any

from webhook.cli.manifests.panels import ROWS, Panel

Json = dict[str, Any]

UID = "richpod"
SCHEMA = 39
"""Grafana's schemaVersion; a newer Grafana migrates it."""
COLUMNS, HEIGHT = 24, 8
"""Of Grafana's grid; a panel is HEIGHT high."""

_DATA_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def board() -> Json:
    """The dashboard as Grafana imports it."""
    panels: list[Json] = []
    top = 0
    for title, row in ROWS.items():
        at = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        panels.append({"id": len(panels) + 1, "type": "row", "title": title, "collapsed": False, "gridPos": at, "panels": []})
        width = COLUMNS // len(row)
        for i, panel in enumerate(row):
            at = {"x": i * width, "y": top + 1, "w": width, "h": HEIGHT}
            panels.append({"id": len(panels) + 1, "gridPos": at, **_panel(panel)})
        top += 1 + HEIGHT
    return {
        "uid": UID,
        "title": "richpod",
        "tags": ["richpod"],
        "schemaVersion": SCHEMA,
        "editable": True,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {"list": [_DATA_SOURCE_VARIABLE]},
        "panels": panels,
    }


_DATA_SOURCE_VARIABLE = {"name": "datasource", "type": "datasource", "label": "Prometheus", "query": "prometheus"}


def _panel(panel: Panel) -> Json:
    table = panel.kind == "table"
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATA_SOURCE,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {},
        "targets": [
            {
                "refId": chr(ord("A") + i),
                "datasource": _DATA_SOURCE,
                "expr": expression,
                "legendFormat": legend,
                "instant": table,
                "range": not table,
                "format": "table" if table else "time_series",
            }
            for i, (expression, legend) in enumerate(panel.queries)
        ],
    }
