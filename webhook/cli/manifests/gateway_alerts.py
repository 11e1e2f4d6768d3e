"""Alerts about the gateway: pods that wait for it do not start. Without a gateway there is nothing they could be about."""

from webhook.cli.manifests.alert import Alert
from webhook.cli.manifests.promql import quantile, rate, total

_READY = "richpod_gateway_ready"
_REQUESTS = "richpod_gateway_requests_total"
_BUSY = rate(f'{_REQUESTS}{{status="503"}}', "10m")
_LIMITED = total(f'{_REQUESTS}{{status="429"}}', "15m")
_DENIED = total("richpod_gateway_denied_total", "15m", "reason")
_CALLS = "richpod_gateway_upstream_calls_total"
_LOST = total(f'{_CALLS}{{outcome="unanswered"}}', "10m", "upstream")

GATEWAY = (
    Alert(
        "RichpodGatewayDown",
        "critical",
        2,
        f"count(count_over_time({_READY}[1d])) and (sum(richpod_gateway_found) or vector(0)) == 0",
        "Pods that ask for grants reach no replica of the gateway that leads, and do not start.",
        "Run `richpod check`: its lines gateway and gateway-leader say what is missing; pods that run are not touched.",
    ),
    Alert(
        "RichpodGatewayReplicaMissing",
        "warning",
        15,
        f"sum({_READY}) < 2",
        "Only {{ $value }} replica of the gateway serves.",
        "Look at the pods of richpod-gateway in richpod-system and their last log line, then run `richpod check`.",
    ),
    Alert(
        "RichpodUpstreamFails",
        "warning",
        5,
        f"{_LOST} > 5 and {_LOST} > 0.5 * {total(_CALLS, '10m', 'upstream')}",
        "Upstream {{ $labels.upstream }} gave no answer to rely on {{ $value | humanize }} times in 10 minutes.",
        "Look at the upstream; `kubectl richpod grants -A` shows who waits for it and what it answered.",
    ),
    Alert(
        "RichpodRevokesWait",
        "warning",
        30,
        'sum(richpod_gateway_grants{phase="Revoking"}) > 0',
        "Of {{ $value }} pods that have ended an upstream has not given back what they held, for half an hour.",
        "Run `richpod check`: its line grants has what the upstream answers; the gateway goes on trying.",
    ),
    Alert(
        "RichpodGatewayBusy",
        "warning",
        10,
        f"{_BUSY} > 0.1",
        "The gateway has been sending pods away for minutes: upstreams do not keep up.",
        "Run `richpod check`; a rollout passes by itself, else raise perSecond and inFlight of the upstream whose line is long,"
        " if it bears more.",
    ),
    Alert(
        "RichpodGatewayDenies",
        "info",
        0,
        f"{_DENIED} > 20",
        "{{ $value | humanize }} requests of pods were denied in 15 minutes ({{ $labels.reason }}).",
        "Read `sentence` of the lines authorization in the gateway's log, or run `kubectl richpod grants --explain POD`.",
    ),
    Alert(
        "RichpodGatewayLimits",
        "info",
        0,
        f"{_LIMITED} > 20",
        "{{ $value | humanize }} requests of pods were told to wait by a limit in 15 minutes: pods start over and over.",
        "Find them by `kubectl richpod grants -A`, column CALLS; with `--explain POD` it says why they start over.",
    ),
    Alert(
        "RichpodGatewaySlow",
        "warning",
        10,
        f"{quantile(0.99, 'richpod_gateway_request_duration_seconds_bucket', '10m')} > 60",
        "The slowest hundredth of pods waits {{ $value | humanizeDuration }} for what it is granted.",
        "Run `richpod check`; richpod_gateway_waiting shows a long line, richpod_gateway_upstream_duration_seconds a slow"
        " upstream.",
    ),
)
