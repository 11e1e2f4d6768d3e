"""Every metric of `richpod certs`."""

from prometheus_client import Counter, Gauge

from webhook.metrics import Row, registered

STEPS = ("authority", "bundle", "pods", "leaf")
"""The bundle of entries, and the one that pods are given."""
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
    """The table's metrics, and their registry."""

    def __init__(self) -> None:
        self.registry, metric = registered(TABLE)
        self.writes: Counter = metric["richpod_certs_writes_total"]
        self.conflicts: Counter = metric["richpod_certs_conflicts_total"]
        self.problems: Counter = metric["richpod_certs_problems_total"]
        self.problem: Gauge = metric["richpod_certs_problem"]
        self.in_step: Gauge = metric["richpod_certs_in_step"]
        self.expiry: Gauge = metric["richpod_certs_expiry_timestamp_seconds"]
        self.look: Gauge = metric["richpod_certs_look_timestamp_seconds"]
