"""What on-call looks at: rows of panels, as data; every expression reads metrics of docs/metrics.md only."""

from typing import NamedTuple

from webhook.cli.manifests.promql import api_server, quantile, rate


class Panel(NamedTuple):
    """`queries`: PromQL and the legend of its series; `kind` and `unit` are Grafana's names."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    description: str = ""
    kind: str = "timeseries"


_WINDOW = "$__rate_interval"
_MEDIAN, _SLOWEST = 0.5, 0.99


def _per_second(counter: str, *by: str) -> tuple[tuple[str, str], ...]:
    return ((rate(counter, _WINDOW, *by), _legend(*by)),)


def _durations(buckets: str, *by: str) -> tuple[tuple[str, str], ...]:
    return tuple((quantile(q, buckets, _WINDOW, *by), f"{_legend(*by)} p{q * 100:.0f}".strip()) for q in (_MEDIAN, _SLOWEST))


def _legend(*labels: str) -> str:
    return " ".join(f"{{{{{label}}}}}" for label in labels)


_DECISIONS = "richpod_admission_decisions_total"

ROWS: dict[str, tuple[Panel, ...]] = {
    "Is it there": (
        Panel("Replicas that take admissions", "none", (("sum(richpod_ready)", ""),), kind="stat"),
        Panel(
            "What each replica serves",
            "none",
            (("richpod_info", ""),),
            "One version and one policy, but for a rollout.",
            "table",
        ),
        Panel("Calls whose body is coming in", "none", (("richpod_admission_in_flight", "{{instance}}"),)),
    ),
    "What becomes of pods": (
        Panel("Decisions by profile", "ops", _per_second(_DECISIONS, "profile", "decision")),
        Panel("Refused pods", "ops", _per_second(f'{_DECISIONS}{{decision="refused"}}', "profile", "level")),
        Panel(
            "Skipped features",
            "ops",
            _per_second('richpod_admission_verdicts_total{outcome="skipped"}', "feature", "reason"),
            "The pod runs without them. `richpod explain pod/NAME` says why.",
        ),
    ),
    "How long it takes": (
        Panel("The webhook itself", "s", _durations("richpod_admission_duration_seconds_bucket", "profile")),
        Panel(
            "As the API server sees it",
            "s",
            _durations(api_server("admission_duration_seconds_bucket"), "name"),
            "With network, TLS and waiting. Its buckets are coarse: 5, 25, 100, 500 ms.",
        ),
    ),
    "What registries tell of images": (
        Panel(
            "Look-ups by result",
            "ops",
            _per_second("richpod_image_lookup_duration_seconds_count", "registry", "result"),
            "All but found: pods start without an init. Lines image-unknown of the log say why.",
        ),
        Panel("How long pods wait for them", "s", _durations("richpod_image_lookup_duration_seconds_bucket", "registry")),
    ),
    "What pods are authorized for": (
        Panel("Requests of pods by status", "ops", _per_second("richpod_gateway_requests_total", "status")),
        Panel("Denied, by why", "ops", _per_second("richpod_gateway_denied_total", "reason")),
        Panel(
            "How long pods wait for their answer",
            "s",
            _durations("richpod_gateway_request_duration_seconds_bucket"),
            "Waiting in line included.",
        ),
        Panel(
            "Grants by phase",
            "none",
            (("sum by (phase) (richpod_gateway_grants)", _legend("phase")),),
            "Revoking that stays: an upstream does not give back. `richpod check` says what it answers.",
        ),
    ),
    "The gateway and its upstreams": (
        Panel(
            "Replicas of the gateway",
            "none",
            (
                ("sum(richpod_gateway_ready)", "serve"),
                ("sum(richpod_gateway_leads)", "lead"),
                ("sum(richpod_gateway_found)", "are found by pods"),
            ),
            "One leads, and is found.",
        ),
        Panel("Calls of upstreams", "ops", _per_second("richpod_gateway_upstream_calls_total", "upstream", "verb", "outcome")),
        Panel("How long upstreams take", "s", _durations("richpod_gateway_upstream_duration_seconds_bucket", "upstream")),
        Panel("Calls that wait in line", "none", (("sum by (upstream) (richpod_gateway_waiting)", _legend("upstream")),)),
    ),
    "What goes wrong": (
        Panel(
            "Pods created without richpod, so far",
            "none",
            ((f"sum by (name) ({api_server('fail_open_count')})", _legend("name")),),
            "A step up: the call failed and the entry says Ignore. `richpod check` lists the pods.",
        ),
        Panel(
            "Refused by the API server",
            "ops",
            _per_second(api_server("rejection_count"), "name", "error_type"),
            "no_error: the webhook refused the pod. All else is a failed call, or a wrong patch.",
        ),
        Panel(
            "Calls that got no review",
            "ops",
            _per_second("richpod_admission_errors_total", "class"),
            "By HTTP status; gone: the caller left first.",
        ),
    ),
    "Certificates": (
        Panel(
            "Time left of the certificate in use",
            "s",
            (("(richpod_certificate_expiry_timestamp_seconds > 0) - time()", "{{instance}}"),),
            "Renewed 30 days before its end.",
        ),
        Panel("Certificate files that may be used", "none", (("richpod_certificate_usable", "{{instance}}"),)),
        Panel(
            "The certificates' controller",
            "none",
            (("richpod_certs_in_step", "in step"), ("sum(richpod_certs_problem)", "problems")),
            "In step: nothing is to be done.",
        ),
    ),
    "lxcfs": (
        Panel("Nodes where lxcfs answers", "none", (("sum(richpod_lxcfs_up)", "up"), ("count(richpod_lxcfs_up)", "all"))),
        Panel("Starts of lxcfs", "ops", _per_second("richpod_lxcfs_restarts_total", "node", "reason")),
        Panel("Mounts that starts left behind", "none", (("richpod_lxcfs_layers", "{{node}}"),)),
    ),
}
