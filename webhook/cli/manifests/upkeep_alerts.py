"""Alerts about what keeps the webhook and its pods going: certificates, lxcfs on the nodes, and the toolkit's image."""

from webhook.cli.manifests.alert import Alert
from webhook.cli.manifests.promql import total, waiting
from webhook.cli.pulls import REASONS
from webhook.inpod.contract import TOOLKIT_CONTAINER

_LXCFS_RESTARTS = total("richpod_lxcfs_restarts_total", "1h", "node", "reason")
_LEFT = "(richpod_certificate_expiry_timestamp_seconds > 0) - time()"
_UNPULLED = waiting(TOOLKIT_CONTAINER, sorted(REASONS))
_CERTS = "richpod_certs_in_step"
_CERTS_GONE = f"count(count_over_time({_CERTS}[1d])) unless count({_CERTS})"

UPKEEP = (
    Alert(
        "RichpodCertificateUnusable",
        "warning",
        5,
        "richpod_certificate_usable == 0",
        "The certificate's files hold none that {{ $labels.instance }} may use; it goes on with the last good one, if any.",
        "Run `richpod check`, read the webhook's log line `certificate`; deleting the Secret richpod-tls has a new one issued.",
    ),
    Alert(
        "RichpodCertificateExpires",
        "warning",
        10,
        f"{_LEFT} < 14 * 86400",
        "The certificate that {{ $labels.instance }} serves ends in {{ $value | humanizeDuration }} and was not renewed.",
        "Run `richpod check`, then look at the pod and the log of the deployment richpod-certs, which renews it.",
    ),
    Alert(
        "RichpodLxcfsDown",
        "warning",
        2,
        "richpod_lxcfs_up == 0",
        "On node {{ $labels.node }} lxcfs does not answer: its pods hang or see the whole node, and new ones wait.",
        "Run `richpod check`, read the log of the pod richpod-lxcfs of that node, and delete it if lxcfs does not come back.",
    ),
    Alert(
        "RichpodLxcfsRestarts",
        "warning",
        0,
        f"{_LXCFS_RESTARTS} > 3",
        "lxcfs of node {{ $labels.node }} was started anew {{ $value | humanize }} times in an hour ({{ $labels.reason }}).",
        "Read the log of the pod richpod-lxcfs of that node, and run `richpod check`; every start leaves a mount behind, so drain"
        " the node when there is time.",
    ),
    Alert(
        "RichpodToolkitMissing",
        "warning",
        5,
        f"sum by (namespace) ({_UNPULLED}) > 0",
        "In namespace {{ $labels.namespace }} {{ $value }} new pods wait for the toolkit's image, which cannot be pulled.",
        "Run `richpod check`: its line toolkit says why, and what to correct; pods that run are not touched.",
    ),
    Alert(
        "RichpodCertsAbsent",
        "warning",
        15,
        f"{_CERTS_GONE} or time() - richpod_certs_look_timestamp_seconds > 900",
        "Nobody looks after the certificates any more.",
        "Run `kubectl -n richpod-system get pods` and read the log of the deployment richpod-certs; nothing fails before the"
        " certificate ends.",
    ),
    Alert(
        "RichpodCertsProblem",
        "warning",
        15,
        "richpod_certs_problem == 1",
        "The certificates cannot be looked after: {{ $labels.problem }}.",
        "Run `richpod check`, and read the sentence of the line `problem` in the log of the deployment richpod-certs.",
    ),
    Alert(
        "RichpodCertsOutOfStep",
        "warning",
        60,
        f"{_CERTS} == 0",
        "A rotation of the certificates has not come to its end for an hour.",
        "Run `richpod check`, and read in the log of the deployment richpod-certs what it waits for.",
    ),
)
