"""The forms of PromQL that alerts and board share."""

from collections.abc import Sequence

_OURS = 'name=~".+[.]richpod[.]io"'


def api_server(metric: str, *selected: str) -> str:
    """What the API server says about calls of our webhook entries, by their names."""
    return f"apiserver_admission_webhook_{metric}{{{','.join((_OURS, *selected))}}}"


def waiting(init_container: str, reasons: Sequence[str]) -> str:
    """1 for each pod in which it waits for one of these reasons, by kube-state-metrics."""
    selected = f'container="{init_container}",reason=~"{"|".join(reasons)}"'
    return f"kube_pod_init_container_status_waiting_reason{{{selected}}}"


def rate(counter: str, window: str, *by: str) -> str:
    """How much a counter grows in a second."""
    return f"{_sum(*by)} (rate({counter}[{window}]))"


def total(counter: str, window: str, *by: str) -> str:
    """How much it grew."""
    return f"{_sum(*by)} (increase({counter}[{window}]))"


def quantile(which: float, buckets: str, window: str, *by: str) -> str:
    return f"histogram_quantile({which}, {rate(buckets, window, 'le', *by)})"


def grew(counter: str, *by: str) -> str:
    """Whether a counter grew in 10 minutes, its birth included: the API server shows none before its first event.

    What Prometheus did not watch 10 minutes ago may be older than that and is not taken for born.
    """
    born = f"({counter} unless {counter} offset 10m) and on (instance) up offset 10m"
    return f"{total(counter, '10m', *by)} > 0 or {_sum(*by)} ({born}) > 0"


def _sum(*by: str) -> str:
    return f"sum by ({', '.join(by)})" if by else "sum"
