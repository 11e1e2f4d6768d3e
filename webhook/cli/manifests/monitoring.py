"""The component `monitoring`: who scrapes richpod, when on-call is called, and what they look at (requirement 58)."""

import orjson

from webhook.cli.manifests.alert import rules
from webhook.cli.manifests.alerts import ALERTS
from webhook.cli.manifests.board import board
from webhook.cli.manifests.component import Component
from webhook.cli.manifests.manifest import Json, Manifest, named
from webhook.cli.manifests.pods import HEALTH
from webhook.inpod.contract import OWN_LABEL
from webhook.installation import BOARD, LXCFS_NAMESPACE, NAMESPACE
from webhook.policy import Policy

NODE = "node"
"""The label with the node's name: an address tells nobody where to look for lxcfs."""
_OPERATOR = "monitoring.coreos.com/v1"


def component(policy: Policy) -> Component:
    """Needs the custom resources of the Prometheus operator; the board is read by the sidecar of Grafana's chart."""
    return Component(
        "metrics scraped, alerts and a Grafana board; needs the Prometheus operator",
        (
            Manifest(_pod_monitor(), "Pods, not a Service: replicas that are not ready are scraped, too."),
            Manifest(
                named(_OPERATOR, "PrometheusRule", "richpod", spec=rules(ALERTS)),
                "Its spec is a rules file as it is, for a Prometheus without the operator.",
            ),
            Manifest(_board(), "Grafana's sidecar takes it for the label's sake."),
        ),
    )


def _pod_monitor() -> Json:
    ours = {"matchExpressions": [{"key": OWN_LABEL, "operator": "Exists"}]}
    where = {"matchNames": [NAMESPACE, LXCFS_NAMESPACE]}
    node = {"sourceLabels": ["__meta_kubernetes_pod_node_name"], "targetLabel": NODE}
    spec = {
        "namespaceSelector": where,
        "selector": ours,
        "podMetricsEndpoints": [{"port": HEALTH["name"], "relabelings": [node]}],
    }
    return named(_OPERATOR, "PodMonitor", "richpod", spec=spec)


def _board() -> Json:
    content = orjson.dumps(board(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
    described = named("v1", "ConfigMap", BOARD, data={"richpod.json": content})
    described["metadata"]["labels"]["grafana_dashboard"] = "1"
    return described
