"""Every metric of the gateway."""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from time import perf_counter
from typing import Literal, get_args

from prometheus_client import Counter, Gauge, Histogram

from webhook.gateway.grants.grant import Call
from webhook.gateway.world import Answer, Ask
from webhook.metrics import Row, registered

BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
"""Seconds."""
STATUSES = ("200", "202", "401", "403", "404", "405", "429", "500", "503", "gone")
Verb = Literal["grant", "revoke"]
Outcome = Literal["done", "refused", "unanswered"]
PHASES = ("Pending", "Active", "Refused", "Revoking", "Ended")

TABLE: dict[str, Row] = {
    "richpod_info": Row(Gauge, {"version": (), "policy": ()}, "Always 1: which version serves which policy."),
    "richpod_gateway_ready": Row(Gauge, {}, "1 while this replica serves, whether it leads or not."),
    "richpod_gateway_leads": Row(Gauge, {}, "1 while this replica leads, and answers pods."),
    "richpod_gateway_found": Row(Gauge, {}, "1 while the Service leads to this replica, which leads."),
    "richpod_gateway_requests_total": Row(
        Counter, {"status": STATUSES}, "Requests of pods by the HTTP status of their answer; `gone` where the caller left first."
    ),
    "richpod_gateway_denied_total": Row(Counter, {"reason": ()}, "Requests that were denied with 401 or 403, by why."),
    "richpod_gateway_request_duration_seconds": Row(
        partial(Histogram, buckets=BUCKETS), {}, "From a request to its answer, waiting in line included."
    ),
    "richpod_gateway_upstream_calls_total": Row(
        Counter, {"upstream": (), "verb": get_args(Verb), "outcome": get_args(Outcome)}, "Calls of upstreams, by what came."
    ),
    "richpod_gateway_upstream_duration_seconds": Row(
        partial(Histogram, buckets=BUCKETS), {"upstream": ()}, "From a call of an upstream to its answer."
    ),
    "richpod_gateway_waiting": Row(Gauge, {"upstream": ()}, "Calls that wait in line for their turn."),
    "richpod_gateway_grants": Row(Gauge, {"phase": PHASES}, "Grants in the ledger; 0 on a replica that does not lead."),
    "richpod_certificate_usable": Row(Gauge, {}, "1 while new connections get the certificate that the files hold."),
    "richpod_certificate_expiry_timestamp_seconds": Row(Gauge, {}, "When the certificate in use ends; 0 where there is none."),
    "richpod_certificate_reloads_total": Row(
        Counter, {"result": ("loaded", "refused")}, "New contents of its files, `loaded` or `refused`."
    ),
}


class Metrics:
    """The table's metrics, and their registry."""

    def __init__(self, upstreams: Iterable[str], waiting: Callable[[str], int], grants: Callable[[str], int]) -> None:
        """`waiting` in an upstream's line, and `grants` of a phase, are asked when somebody looks."""
        self.registry, metric = registered(TABLE)
        self.info: Gauge = metric["richpod_info"]
        self.ready: Gauge = metric["richpod_gateway_ready"]
        self.leads: Gauge = metric["richpod_gateway_leads"]
        self.found: Gauge = metric["richpod_gateway_found"]
        self._requests: Counter = metric["richpod_gateway_requests_total"]
        self._denied: Counter = metric["richpod_gateway_denied_total"]
        self._duration: Histogram = metric["richpod_gateway_request_duration_seconds"]
        self._calls: Counter = metric["richpod_gateway_upstream_calls_total"]
        self._called: Histogram = metric["richpod_gateway_upstream_duration_seconds"]
        self._usable: Gauge = metric["richpod_certificate_usable"]
        self._expiry: Gauge = metric["richpod_certificate_expiry_timestamp_seconds"]
        self._reloads: Counter = metric["richpod_certificate_reloads_total"]
        for phase in PHASES:
            metric["richpod_gateway_grants"].labels(phase).set_function(partial(grants, phase))
        for upstream in upstreams:
            metric["richpod_gateway_waiting"].labels(upstream).set_function(partial(waiting, upstream))
            self._called.labels(upstream)
            for verb in get_args(Verb):
                for outcome in get_args(Outcome):
                    self._calls.labels(upstream, verb, outcome)

    def answered(self, status: str, reason: str, seconds: float) -> None:
        self._requests.labels(status).inc()
        if status in ("401", "403"):
            self._denied.labels(reason).inc()
        self._duration.observe(seconds)

    def strayed(self, status: str) -> None:
        self._requests.labels(status).inc()

    def called(self, upstream: str, verb: Verb, outcome: Outcome, seconds: float) -> None:
        self._calls.labels(upstream, verb, outcome).inc()
        self._called.labels(upstream).observe(seconds)

    def certificate(self, *, usable: bool, expiry: datetime | None) -> None:
        """Notes what new contents of the certificate's files led to; `expiry` is of the one in use."""
        self._usable.set(usable)
        self._expiry.set(expiry.timestamp() if expiry else 0)
        self._reloads.labels("loaded" if usable else "refused").inc()


def counted(ask: Ask, metrics: Metrics) -> Ask:
    """The same, each call counted."""

    async def asked(upstream: str, call: Call, revoke: bool) -> Answer:
        begun = perf_counter()
        answer = await ask(upstream, call, revoke)
        metrics.called(upstream, "revoke" if revoke else "grant", _OUTCOMES[answer.done], perf_counter() - begun)
        return answer

    return asked


_OUTCOMES: dict[bool | None, Outcome] = {True: "done", False: "refused", None: "unanswered"}
