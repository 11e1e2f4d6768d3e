"""When on-call hears of richpod, and what they do first: Prometheus' alert rules, as data (requirement 58)."""

from webhook.cli.manifests.alert import Alert
from webhook.cli.manifests.gateway_alerts import GATEWAY
from webhook.cli.manifests.promql import api_server, grew, quantile, rate, total
from webhook.cli.manifests.upkeep_alerts import UPKEEP

_REFUSED = total('richpod_admission_decisions_total{decision="refused"}', "15m", "profile")
_DECIDED = total('richpod_admission_decisions_total{decision!="previewed"}', "15m", "profile")
_UNKNOWN = total('richpod_admission_decisions_total{profile="",decision="unchanged"}', "15m")
_FAILED = total('richpod_admission_errors_total{class="500"}', "10m")
_TURNED_AWAY = rate('richpod_admission_errors_total{class="503"}', "5m")
_SLOWEST = quantile(0.99, "richpod_admission_duration_seconds_bucket", "10m")
_SLOWEST_CALLS = quantile(0.99, api_server("admission_duration_seconds_bucket"), "10m", "name")
_BLOCKED = api_server("rejection_count", 'error_type!="no_error"')
_LOOKUPS = "richpod_image_lookup_duration_seconds_count"
_UNTOLD = total(f'{_LOOKUPS}{{result!="found"}}', "10m", "registry")
_SKIPPED = 'richpod_admission_verdicts_total{outcome="skipped"}'
_SKIPS = total(_SKIPPED, "1h", "feature", "reason")
_SKIPS_YESTERDAY = f"sum by (feature, reason) (increase({_SKIPPED}[1h] offset 1d))"

ALERTS = (
    Alert(
        "RichpodDown",
        "critical",
        2,
        "(sum(richpod_ready) or vector(0)) == 0",
        "No replica of the webhook takes admissions, or Prometheus sees none.",
        "Run `richpod check`; pods of required profiles cannot start, all others start as they are until a replica is back.",
    ),
    Alert(
        "RichpodReplicaMissing",
        "warning",
        15,
        "sum(richpod_ready) < 2",
        "Only {{ $value }} replica of the webhook takes admissions.",
        "Look at the webhook's pods in richpod-system and their last log line, then run `richpod check`.",
    ),
    Alert(
        "RichpodBlocksPods",
        "critical",
        0,
        grew(_BLOCKED, "name", "error_type"),
        "The API server refuses pods because calls of {{ $labels.name }} fail ({{ $labels.error_type }}).",
        "Run `richpod check`: calling_webhook_error is reachability, certificate or time, apiserver_internal_error is a wrong"
        " patch of ours: delete the MutatingWebhookConfiguration richpod to let every pod pass.",
    ),
    Alert(
        "RichpodFailsOpen",
        "warning",
        0,
        grew(api_server("fail_open_count"), "name"),
        "Pods of {{ $labels.name }} were created without richpod, because its calls failed.",
        "Run `richpod check`: it says why calls fail, and lists the pods that were missed with the command that restarts them.",
    ),
    Alert(
        "RichpodFails",
        "warning",
        0,
        f"{_FAILED} > 0",
        "The webhook failed by its own fault.",
        "Read the webhook's log: the line `refused-call` with status 500 names pod and place; `richpod check` lists the pods"
        " that were missed.",
    ),
    Alert(
        "RichpodOverloaded",
        "warning",
        5,
        f"{_TURNED_AWAY} > 0",
        "The webhook has been turning calls away for minutes.",
        "Run `richpod check`: either it has too few replicas for the load, or they serve another policy than the configuration"
        " asks for.",
    ),
    Alert(
        "RichpodRefusesMany",
        "warning",
        0,
        f"{_REFUSED} > 10 and {_REFUSED} > 0.2 * {_DECIDED}",
        "{{ $value | humanize }} pods of profile {{ $labels.profile }} were refused in 15 minutes, more than a fifth of all.",
        "Read `verdicts` of the log lines with decision refused, or `kubectl get events`; after a change of the policy take it"
        " back and run `richpod check`.",
    ),
    Alert(
        "RichpodSlow",
        "warning",
        10,
        f"{_SLOWEST} > 0.1",
        "The webhook takes {{ $value | humanizeDuration }} for the slowest hundredth of its answers.",
        "Look at its processors' throttling (limits) and at calls in flight (slow senders), then run `richpod check`.",
    ),
    Alert(
        "RichpodCallsSlow",
        "warning",
        10,
        f"{_SLOWEST_CALLS} > 0.5",
        "Calls of {{ $labels.name }} take the API server {{ $value | humanizeDuration }} at the 99th percentile.",
        "Where richpod_admission_duration_seconds is short the time is lost between them: network, a dead replica, TLS; run"
        " `richpod check`.",
    ),
    Alert(
        "RichpodReplicasDiffer",
        "warning",
        30,
        "count(count by (version, policy) (richpod_info)) > 1",
        "Replicas serve {{ $value }} versions or policies at once: a rollout is stuck.",
        "Run `kubectl -n richpod-system rollout status deployment/richpod-webhook`, then `richpod check`.",
    ),
    Alert(
        "RichpodUnknownProfile",
        "info",
        0,
        f"{_UNKNOWN} > 0",
        "Pods are created in namespaces that ask for a profile which does not exist.",
        "Run `richpod check`: it lists the namespaces; correct their label richpod.io/profile.",
    ),
    Alert(
        "RichpodLookupsFail",
        "warning",
        10,
        f"{_UNTOLD} > 10 and {_UNTOLD} > 0.5 * {total(_LOOKUPS, '10m', 'registry')}",
        "{{ $labels.registry }} did not tell what images run {{ $value | humanize }} times in 10 minutes: such pods get no init.",
        "Read the webhook's log: the lines `image-unknown` say why; when it is mended, `richpod check` lists the pods that were"
        " missed.",
    ),
    Alert(
        "RichpodSkipsGrow",
        "info",
        0,
        f"{_SKIPS} > 20 unless {_SKIPS} <= 3 * {_SKIPS_YESTERDAY}",
        "{{ $labels.feature }} was skipped {{ $value | humanize }} times in an hour ({{ $labels.reason }}), thrice as often as"
        " yesterday.",
        "Run `richpod check`, then `richpod explain pod/NAME` on one of the pods that the log names with this reason.",
    ),
    *UPKEEP,
    *GATEWAY,
)
