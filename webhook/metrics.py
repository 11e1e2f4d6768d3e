"""A process's metrics, made from a table of name to kind, labels and meaning (requirement 58)."""

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any, NamedTuple

from prometheus_client import disable_created_metrics
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import CollectorRegistry

# A second series beside each counter, with the time of its birth: nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]


class Row(NamedTuple):
    kind: Callable[..., Any]
    labels: Mapping[str, tuple[str, ...]]
    """Every label with its values, none where they are not known beforehand."""
    help: str


def registered(table: Mapping[str, Row]) -> tuple[CollectorRegistry, dict[str, Any]]:
    """The table's metrics by name, in a registry of their own, with what the operating system says about the process.

    What may be counted shows as 0 at once, so that rates see the first: for that its labels' values must be known.
    """
    registry = CollectorRegistry()
    ProcessCollector(registry=registry)
    metrics = {name: row.kind(name, row.help, [*row.labels], registry=registry) for name, row in table.items()}
    for name, row in table.items():
        if row.labels:
            for values in product(*row.labels.values()):
                metrics[name].labels(*values)
    return registry, metrics
