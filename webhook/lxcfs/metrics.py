"""Every metric of the node agent: name, kind, labels and meaning in one table."""

from collections.abc import Callable
from typing import Any, NamedTuple

from prometheus_client import Counter, Gauge, disable_created_metrics
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

# A second series beside each counter, with the time of its birth: nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Row(NamedTuple):
    kind: Callable[..., Any]
    labels: tuple[str, ...]
    help: str


TABLE: dict[str, Row] = {
    "richpod_lxcfs_up": Row(Gauge, (), "1 while every file that pods mount answers."),
    "richpod_lxcfs_restarts_total": Row(
        Counter, ("reason",), "Starts of lxcfs after one that ended, silent (hung or not to be read), or failed to be bound."
    ),
    "richpod_lxcfs_layers": Row(Gauge, (), "Mounts on top of each other on the file that has the most: one more for each start."),
}

REASONS = ("ended", "silent", "failed")


class Metrics:
    """The table's metrics in a registry of their own, and what the operating system says about the process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        metric = {name: row.kind(name, row.help, row.labels, registry=self.registry) for name, row in TABLE.items()}
        self.up: Gauge = metric["richpod_lxcfs_up"]
        self.restarts: Counter = metric["richpod_lxcfs_restarts_total"]
        self.layers: Gauge = metric["richpod_lxcfs_layers"]
        for reason in REASONS:
            self.restarts.labels(reason)
