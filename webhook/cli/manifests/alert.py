"""An alert, and the Prometheus rules file that alerts become."""

from typing import Any, Literal, NamedTuple


class Alert(NamedTuple):
    """`minutes`: how long `expression` must hold. `summary` may name labels of its result; `first` is the first thing to do."""

    name: str
    severity: Literal["critical", "warning", "info"]
    minutes: int
    expression: str
    summary: str
    first: str


def rules(alerts: tuple[Alert, ...]) -> dict[str, Any]:
    """Content of a Prometheus rules file, which is also the `spec` of a PrometheusRule."""
    return {"groups": [{"name": "richpod", "rules": [_rule(alert) for alert in alerts]}]}


def _rule(alert: Alert) -> dict[str, Any]:
    return {
        "alert": alert.name,
        "expr": alert.expression,
        "for": f"{alert.minutes}m",
        "labels": {"severity": alert.severity},
        "annotations": {"summary": alert.summary, "runbook": alert.first},
    }
