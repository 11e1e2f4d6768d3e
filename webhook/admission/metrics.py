"""Every metric of the webhook (requirement 58)."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from typing import Any, Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from webhook.admission.review import Answer, Decision
from webhook.metrics import Row, registered

BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)
"""Seconds. The API server's own buckets for webhooks, 5, 25, 100 and 500 ms, are among them: the two can be compared."""

ERRORS = ("400", "404", "405", "408", "413", "431", "500", "503", "gone")

LookupResult = Literal["found", "unknown", "late"]

TABLE: dict[str, Row] = {
    "richpod_info": Row(Gauge, {"version": (), "policy": ()}, "Always 1: which version serves which policy."),
    "richpod_ready": Row(Gauge, {}, "1 while this replica takes admissions."),
    "richpod_admission_duration_seconds": Row(
        partial(Histogram, buckets=BUCKETS),
        {"profile": ()},
        "From the head of an answered call to its answer, waiting for the body included.",
    ),
    "richpod_admission_decisions_total": Row(
        Counter, {"profile": (), "level": (), "decision": get_args(Decision)}, "Answered reviews."
    ),
    "richpod_admission_verdicts_total": Row(
        Counter,
        {"feature": (), "outcome": (), "reason": ()},
        "What became of each feature on each pod; the reason as in the log.",
    ),
    "richpod_admission_patch_operations_total": Row(Counter, {}, "Operations of all patches together."),
    "richpod_admission_request_bytes_total": Row(Counter, {}, "Bodies of answered reviews."),
    "richpod_admission_response_bytes_total": Row(Counter, {}, "Bodies of their answers."),
    "richpod_admission_errors_total": Row(
        Counter, {"class": ERRORS}, "Calls that got an HTTP status other than 200, by it; `gone` where the caller left first."
    ),
    "richpod_admission_in_flight": Row(Gauge, {}, "Calls whose body is being received."),
    "richpod_image_lookup_duration_seconds": Row(
        partial(Histogram, buckets=BUCKETS),
        {"registry": (), "result": get_args(LookupResult)},
        "How long pods waited for what their images run; `late` where the registry did not answer in time.",
    ),
    "richpod_certificate_usable": Row(Gauge, {}, "1 while new connections get the certificate that the files hold."),
    "richpod_certificate_expiry_timestamp_seconds": Row(Gauge, {}, "When the certificate in use ends; 0 where there is none."),
    "richpod_certificate_reloads_total": Row(
        Counter, {"result": ("loaded", "refused")}, "New contents of its files, `loaded` or `refused`."
    ),
}


class Metrics:
    """The table's metrics, and their registry."""

    def __init__(self, served: Iterable[tuple[str, str]]) -> None:
        """`served`: profile and level of each path; what they may count shows as 0 at once, so that rates see the first."""
        self.registry, metric = registered(TABLE)
        self.info: Gauge = metric["richpod_info"]
        self.ready: Gauge = metric["richpod_ready"]
        self.in_flight: Gauge = metric["richpod_admission_in_flight"]
        self.errors = _Children(metric["richpod_admission_errors_total"])
        self._duration = _Children(metric["richpod_admission_duration_seconds"])
        self._decisions = _Children(metric["richpod_admission_decisions_total"])
        self._verdicts = _Children(metric["richpod_admission_verdicts_total"])
        self._operations: Counter = metric["richpod_admission_patch_operations_total"]
        self._received: Counter = metric["richpod_admission_request_bytes_total"]
        self._sent: Counter = metric["richpod_admission_response_bytes_total"]
        self._lookups = _Children(metric["richpod_image_lookup_duration_seconds"])
        self._usable: Gauge = metric["richpod_certificate_usable"]
        self._expiry: Gauge = metric["richpod_certificate_expiry_timestamp_seconds"]
        self._reloads = _Children(metric["richpod_certificate_reloads_total"])
        for profile, level in served:
            self._duration[(profile,)]
            for decision in get_args(Decision):
                self._decisions[profile, level, decision]

    def answered(self, answer: Answer, profile: str, level: str, received: int, seconds: float) -> None:
        """Counts one answered review; `received` is the size of its body in bytes."""
        self._duration[(profile,)].observe(seconds)
        self._decisions[profile, level, answer.decision].inc()
        self._received.inc(received)
        self._sent.inc(len(answer.body))
        if answer.operations:
            self._operations.inc(answer.operations)
        if answer.decision == "previewed":
            return  # nothing has become of any pod yet
        for verdict in answer.verdicts:
            self._verdicts[verdict.feature, verdict.outcome, verdict.reason].inc()

    def lists(self, registries: Iterable[str]) -> None:
        """These may be asked."""
        for registry in registries:
            for result in get_args(LookupResult):
                self._lookups[registry, result]

    def looked_up(self, registry: str, result: LookupResult, seconds: float) -> None:
        """Counts one image of one pod; `registry` is one that the policy lists."""
        self._lookups[registry, result].observe(seconds)

    def certificate(self, *, usable: bool, expiry: datetime | None) -> None:
        """Notes what new contents of the certificate's files led to; `expiry` is of the one in use."""
        self._usable.set(usable)
        self._expiry.set(expiry.timestamp() if expiry else 0)
        self._reloads[("loaded" if usable else "refused",)].inc()


class _Children(dict[tuple[str, ...], Any]):
    """A metric's children by label values: finding one here costs a third of asking the metric."""

    def __init__(self, metric: Any) -> None:
        super().__init__()
        self._metric = metric

    def __missing__(self, values: tuple[str, ...]) -> Any:
        child = self[values] = self._metric.labels(*values)
        return child
