"""Every metric of `richpod certs`: name, kind, labels and meaning in one table."""

from typing import Any, NamedTuple

from prometheus_client import Counter, Gauge, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

# A second series beside each counter, with the time of its birth: nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Row(NamedTuple):
    kind: type[Counter] | type[Gauge]
    labels: dict[str, tuple[str, ...]]
    """Every label with its values; each shows as 0 at once, so that rates see the first."""
    help: str


STEPS = ("authority", "bundle", "leaf")
PROBLEMS = ("unreachable", "refused", "configuration", "replicas", "clock")
"""API server away; API server says no; no configuration; a replica that does not tell; a clock no certificate can follow."""

TABLE: dict[str, Row] = {
    "richpod_certs_writes_total": Row(Counter, {"step": STEPS}, "Writes; the bundle goes into all entries at once."),
    "richpod_certs_conflicts_total": Row(Counter, {}, "Writes given up because somebody else was faster."),
    "richpod_certs_problems_total": Row(Counter, {"problem": PROBLEMS}, "How often each problem began."),
    "richpod_certs_problem": Row(Gauge, {"problem": PROBLEMS}, "1 while it lasts."),
    "richpod_certs_in_step": Row(Gauge, {}, "1 while nothing is to be done: one authority is trusted, its leaf is stored."),
    "richpod_certs_expiry_timestamp_seconds": Row(
        Gauge, {"certificate": ("authority", "leaf")}, "End of what is stored; 0 where nothing is."
    ),
    "richpod_certs_look_timestamp_seconds": Row(Gauge, {}, "When the cluster was last looked at with success."),
}


class Metrics:
    """The table's metrics in a registry of their own, and what the operating system says about the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        metric: dict[str, Any] = {
            name: row.kind(name, row.help, [*row.labels], registry=self.registry) for name, row in TABLE.items()
        }
        for name, row in TABLE.items():
            for value in (value for values in row.labels.values() for value in values):
                metric[name].labels(value)
        self.writes: Counter = metric["richpod_certs_writes_total"]
        self.conflicts: Counter = metric["richpod_certs_conflicts_total"]
        self.problems: Counter = metric["richpod_certs_problems_total"]
        self.problem: Gauge = metric["richpod_certs_problem"]
        self.in_step: Gauge = metric["richpod_certs_in_step"]
        self.expiry: Gauge = metric["richpod_certs_expiry_timestamp_seconds"]
        self.look: Gauge = metric["richpod_certs_look_timestamp_seconds"]
