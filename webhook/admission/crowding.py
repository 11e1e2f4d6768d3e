"""More pods at once than fixed addresses: what only the whole object shows."""

import re
from collections.abc import Iterator
from math import ceil
from typing import Any, NamedTuple

from webhook.admission.features import fixed_ip
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import Workload, template
from webhook.inpod.contract import PREFIX

Json = dict[str, Any]
KEY = f"{PREFIX}fixed-ip"


class _Demand(NamedTuple):
    """Pods that may exist at once: `steady` ones, as `field` says, and `passing` more: `why`, and what to write `instead`."""

    field: str
    steady: int
    passing: int = 0
    why: str = ""
    instead: str = ""


def crowded(workload: Workload, verdicts: list[Verdict]) -> Iterator[Verdict]:
    """A verdict to add to those of the workload's pod."""
    if not any(verdict.feature == "fixed-ip" and verdict.outcome == "applied" for verdict in verdicts):
        return
    addresses = len(fixed_ip.parse(template(workload)["metadata"]["annotations"][KEY]))
    if workload.kind == "DaemonSet":
        yield _too_few(f"a pod on every node (DaemonSet) for {_plural(addresses)}", "kind: Deployment")
        return
    demand = _demand(workload.object, workload.kind)
    if (most := demand.steady + demand.passing) > addresses:
        how = f"{demand.field} {demand.steady}" + (f", {demand.why}" if demand.passing else "")
        yield _too_few(f"up to {most} pods at once ({how}) for {_plural(addresses)}", _fix(demand, addresses))


def _too_few(sentence: str, fix: str) -> Verdict:
    return Verdict("fixed-ip", "applied", "too-few-addresses", sentence, fix)


def _fix(demand: _Demand, addresses: int) -> str:
    """What is enough: where already the steady ones are too many, an end to the passing ones is not."""
    if demand.steady <= addresses:
        return demand.instead
    fewer = f"{demand.field}: {addresses}" + (f" and {demand.instead}" if demand.passing else "")
    return f"{fewer}, or {demand.steady + demand.passing} addresses in {KEY}"


def _demand(manifest: Json, kind: str) -> _Demand:
    if kind in ("Pod", "PodTemplate"):
        return _Demand("", 1)
    spec = _map(manifest.get("spec"))
    if kind in ("Job", "CronJob"):
        return _demand_of_job(spec, kind)
    replicas = _count(spec.get("replicas"), 1)
    strategy = _map(spec.get("strategy"))
    if kind != "Deployment" or strategy.get("type") == "Recreate" or not replicas:
        return _Demand("replicas", replicas)
    surge = _surge(_map(strategy.get("rollingUpdate")).get("maxSurge", "25%"), replicas)
    return _Demand("replicas", replicas, surge, f"maxSurge {surge}", "strategy: {type: Recreate}")


def _demand_of_job(spec: Json, kind: str) -> _Demand:
    job = spec if kind == "Job" else _map(_map(spec.get("jobTemplate")).get("spec"))
    parallelism = _count(job.get("parallelism"), 1)
    count = min(parallelism, _count(job.get("completions"), 1)) if "completions" in job else parallelism
    overlaps = kind == "CronJob" and spec.get("concurrencyPolicy", "Allow") == "Allow"
    return _Demand("parallelism", count, int(overlaps), "and runs may overlap", "concurrencyPolicy: Forbid")


def _surge(given: Any, replicas: int) -> int:
    """maxSurge is a number, or a percentage of the replicas, rounded up (apps/v1)."""
    if isinstance(given, str) and (percent := re.fullmatch(r"([0-9]{1,6})%", given)):
        return ceil(replicas * int(percent[1]) / 100)
    return _count(given, 0)


def _map(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _count(value: Any, default: int) -> int:
    return value if type(value) is int else default


def _plural(addresses: int) -> str:
    return "1 address" if addresses == 1 else f"{addresses} addresses"
