"""docs/metrics.md, printed from the tables that make the metrics and the alerts."""

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from tests.log_events import EVENTS, Event
from webhook.cli.manifests.alerts import ALERTS

ROOT = Path(__file__).parents[1]

PROCESSES = {
    "serve": "webhook.admission",
    "certs": "webhook.certificates",
    "gateway": "webhook.gateway",
    "lxcfs": "webhook.lxcfs",
}
"""Command to package; the table is in its module `metrics`."""
TABLES: dict[str, dict[str, Any]] = {
    command: import_module(f"{package}.metrics").TABLE
    for command, package in PROCESSES.items()
    if (ROOT / package.replace(".", "/") / "metrics.py").exists()
}

PROCESS = {
    "process_cpu_seconds_total": ("counter", "Processor time used."),
    "process_resident_memory_bytes": ("gauge", "Memory in use."),
    "process_virtual_memory_bytes": ("gauge", "Address space."),
    "process_start_time_seconds": ("gauge", "When it started."),
    "process_open_fds": ("gauge", "Open files and connections."),
    "process_max_fds": ("gauge", "How many it may have."),
}
"""What every process says about itself, from the operating system."""

_HOOK = ("name", "type")
API_SERVER: dict[str, tuple[str, tuple[str, ...], str]] = {
    "apiserver_admission_webhook_admission_duration_seconds": (
        "histogram",
        (*_HOOK, "operation", "rejected"),
        "A call as the API server sees it: network, TLS and waiting included.",
    ),
    "apiserver_admission_webhook_rejection_count": (
        "counter",
        (*_HOOK, "operation", "error_type", "rejection_code"),
        "Refused requests. `error_type` is `no_error` where the webhook said no, `calling_webhook_error` where the call failed"
        " and the entry says Fail, `apiserver_internal_error` where the patch was wrong.",
    ),
    "apiserver_admission_webhook_fail_open_count": (
        "counter",
        _HOOK,
        "Calls that failed and whose entry says Ignore: the pod was created as it was.",
    ),
}
"""Of the API server's own metrics, those that board and alerts read: type, labels, meaning."""

KUBE_STATE: dict[str, tuple[str, tuple[str, ...], str]] = {
    "kube_pod_init_container_status_waiting_reason": (
        "gauge",
        ("namespace", "pod", "container", "reason"),
        "1 while an init container of the pod waits for this reason.",
    ),
}
"""The same, of kube-state-metrics' own."""

LABELS: dict[str, set[str]] = {
    **{name: {*row.labels} for table in TABLES.values() for name, row in table.items()},
    **{name: {*labels} for name, (_, labels, _) in (API_SERVER | KUBE_STATE).items()},
    "up": set(),
}
"""Every metric that board and alerts may ask for, with its labels."""


_HEAD = """# Metrics, alerts and the log

Every process of richpod shows its metrics on the plain port 8080 at `/metrics`. No label holds a word of a user. What may be
counted shows as 0 from the start, so that a rate sees the first event; only `richpod_admission_verdicts_total` does not: its
reasons are many.

## Watching an installation

The component `monitoring` has a PodMonitor and a PrometheusRule for the Prometheus operator, and a ConfigMap with a Grafana
board, which the sidecar of Grafana's chart loads for its label `grafana_dashboard`:

```sh
richpod manifests --policy policy.yaml --with monitoring --output-dir richpod && kubectl apply -k richpod
```

A Prometheus that selects monitors by a label (`release: …` in kube-prometheus-stack) needs that label added to the two objects.
Without the operator, `spec` of the PrometheusRule is a rules file as it is, and this scrapes every process:

```yaml
- job_name: richpod
  kubernetes_sd_configs: [{role: pod, namespaces: {names: [richpod-system, richpod-lxcfs]}}]
  relabel_configs:
    - {source_labels: [__meta_kubernetes_pod_container_port_name], regex: health, action: keep}
    - {source_labels: [__meta_kubernetes_pod_name], target_label: pod}
    - {source_labels: [__meta_kubernetes_pod_node_name], target_label: node}
```

"""


def page() -> str:
    return _HEAD + "\n".join([_alerts(), *(_table(command) for command in TABLES), _process(), *_others(), _events()])


def listed(command: str) -> dict[str, str]:
    """Name to type of all that the page says a process shows."""
    own = {name: kind(row) for name, row in TABLES[command].items()}
    return own | {name: type for name, (type, _) in PROCESS.items()}


def shown(exposition: bytes) -> dict[str, str]:
    """Name to type of all that /metrics shows."""
    lines = exposition.decode().splitlines()
    return {line.split()[2]: line.split()[3] for line in lines if line.startswith("# TYPE ")}


def kind(row: Any) -> str:
    """Of a metric, as Prometheus names it."""
    return str(getattr(row.kind, "func", row.kind).__name__.lower())


def _alerts() -> str:
    rows = (
        (f"`{a.name}`", a.severity, f"{a.minutes} min" if a.minutes else "at once", _said(a.summary), a.first) for a in ALERTS
    )
    said = (
        "\nThose about calls of the API server need a Prometheus that scrapes it, too. `RichpodToolkitMissing` needs"
        " kube-state-metrics, and\nsees only pods to which the toolkit is copied: of an image volume nothing is counted there.\n"
    )
    return "## Alerts\n" + said + _rows(("alert", "severity", "after", "what it says", "first"), rows)


def _said(summary: str) -> str:
    """Without the words of Prometheus' templates."""
    return re.sub(r"\{\{ \$value[^}]*\}\}", "N", re.sub(r"\{\{ \$labels\.(\w+) \}\}", r"`\1`", summary))


def _table(command: str) -> str:
    rows = ((f"`{name}`", kind(row), _words(row.labels), row.help) for name, row in TABLES[command].items())
    return f"## Metrics of `richpod {command}`\n" + _rows(("name", "type", "labels", "meaning"), rows)


def _process() -> str:
    rows = ((f"`{name}`", type, meaning) for name, (type, meaning) in PROCESS.items())
    return "## Metrics of every process\n" + _rows(("name", "type", "meaning"), rows)


def _others() -> Iterator[str]:
    for who, note, metrics in (
        ("The API server's", "Read for our webhook entries, whose names end in `.richpod.io`.", API_SERVER),
        ("kube-state-metrics'", "Read for the init container `richpod-toolkit`.", KUBE_STATE),
    ):
        rows = ((f"`{name}`", type, _words(labels), meaning) for name, (type, labels, meaning) in metrics.items())
        yield f"## {who} own\n\n{note}\n" + _rows(("name", "type", "labels", "meaning"), rows)


def _events() -> str:
    said = "\nOne JSON object a line, on stderr, with `time` and `event`. A field in brackets is not in every such line.\n"
    rows = ((f"`{e.command}`" if e.command in PROCESSES else e.command, f"`{e.event}`", e.when, _fields(e)) for e in EVENTS)
    return "## The log\n" + said + _rows(("process", "event", "when", "fields"), rows)


def _fields(event: Event) -> str:
    return ", ".join([*(f"`{field}`" for field in event.fields), *(f"[`{field}`]" for field in event.sometimes)]) or "–"


def _words(words: Any) -> str:
    return ", ".join(f"`{word}`" for word in words) or "–"


def _rows(head: tuple[str, ...], rows: Any) -> str:
    lines = [head, ("---",) * len(head), *rows]
    return "\n" + "".join(f"| {' | '.join(line)} |\n" for line in lines)
