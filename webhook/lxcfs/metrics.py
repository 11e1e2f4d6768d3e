"""Every metric of the node agent."""

from prometheus_client import Counter, Gauge

from webhook.metrics import Row, registered

TABLE: dict[str, Row] = {
    "richpod_lxcfs_up": Row(Gauge, {}, "1 while every file that pods mount answers."),
    "richpod_lxcfs_restarts_total": Row(
        Counter,
        {"reason": ("ended", "silent", "failed")},
        "Starts of lxcfs after one that ended, silent (hung or not to be read), or failed to be bound.",
    ),
    "richpod_lxcfs_layers": Row(Gauge, {}, "Mounts on top of each other on the file that has the most: one more for each start."),
}


class Metrics:
    """The table's metrics, and their registry."""

    def __init__(self) -> None:
        self.registry, metric = registered(TABLE)
        self.up: Gauge = metric["richpod_lxcfs_up"]
        self.restarts: Counter = metric["richpod_lxcfs_restarts_total"]
        self.layers: Gauge = metric["richpod_lxcfs_layers"]
