"""More pods at once than fixed addresses, or than the one that has a claim: what only the whole object shows."""

import re
from collections.abc import Iterator
from math import ceil
from typing import Any, NamedTuple

from webhook.admission.features import fixed_ip
from webhook.admission.persist_annotation import parse
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import Workload, claim_templates, template
from webhook.inpod.contract import PREFIX

Json = dict[str, Any]
KEY = f"{PREFIX}fixed-ip"


class _Demand(NamedTuple):
    """Pods that may exist at once: `steady` ones, as `field` says, and `passing` more: `why`, and what to write `instead`.

    Where there is an `instead` there may be a pod that ends beside one that begins.
    """

    field: str
    steady: int
    passing: int = 0
    why: str = ""
    instead: str = ""


def crowded(workload: Workload, verdicts: list[Verdict]) -> Iterator[Verdict]:
    """Verdicts to add to those of the workload's pod."""
    applied = {verdict.feature for verdict in verdicts if verdict.outcome == "applied"}
    annotations = (template(workload).get("metadata") or {}).get("annotations") or {}
    if "fixed-ip" in applied:
        yield from _addresses(workload, len(fixed_ip.parse(annotations[KEY])))
    if "persist" in applied:
        templates = claim_templates(workload.object["spec"]) if workload.kind == "StatefulSet" else []
        kept = parse(annotations[f"{PREFIX}persist"])
        yield from _claims(workload, [each.claim for each in kept if each.single and each.claim not in templates])


def _claims(workload: Workload, single: list[str]) -> Iterator[Verdict]:
    """A claim of a pod that is said to be the only one: the API server lets all others on its node have it, too."""
    if not single:
        return
    own = f"a StatefulSet with a volumeClaimTemplate {single[0]}"
    if workload.kind == "DaemonSet":
        sentence = f"pods of all nodes are created, each judged alone, and share claim {single[0]}"
        yield Verdict("persist", "refused", "shared-claim", sentence, own)
        return
    demand = _demand(workload.object, workload.kind)
    if demand.steady > 1:
        many = f"{demand.steady} pods at once ({demand.field} {demand.steady})"
        sentence = f"{many} are created, each judged alone, and share claim {single[0]}"
        fix = f"{demand.field}: 1, or {own}"
        yield Verdict("persist", "refused", "shared-claim", sentence, fix, f"spec.{demand.field}")
    elif demand.steady and demand.instead:
        sentence = f"the next pod would share claim {single[0]} with this one"
        yield Verdict("persist", "applied", "shared-claim", sentence, demand.instead)


def _addresses(workload: Workload, addresses: int) -> Iterator[Verdict]:
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
    if kind == "CronJob" and spec.get("concurrencyPolicy", "Allow") == "Allow":
        return _Demand("parallelism", count, 1, "and runs may overlap", "concurrencyPolicy: Forbid")
    return _Demand("parallelism", count)


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
