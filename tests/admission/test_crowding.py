"""Addresses that replicas would share."""

from typing import Any

import pytest

from webhook.admission.crowding import crowded
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import workloads


def told(kind: str, spec: Any, outcome: Any = "applied") -> list[tuple[str, str]]:
    """Of pods that ask for two addresses."""
    annotations = {"richpod.io/fixed-ip": "198.51.100.1, 198.51.100.2"}
    template = {"metadata": {"annotations": annotations}, "spec": {"containers": []}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": template, **spec.pop("job", {})}}, **spec}
    version = "batch/v1" if "Job" in kind else "v1" if kind == "Pod" else "apps/v1"
    manifest = {"apiVersion": version, "kind": kind} | (template if kind == "Pod" else {"spec": {"template": template, **spec}})
    (workload,) = workloads(manifest)
    return [(verdict.sentence, verdict.fix) for verdict in crowded(workload, [Verdict("fixed-ip", outcome)])]


@pytest.mark.parametrize(
    ("kind", "spec", "sentence", "fix"),
    [
        (
            "Deployment",
            {"replicas": 2},
            "up to 3 pods at once (replicas 2, maxSurge 1) for 2 addresses",
            "strategy: {type: Recreate}",
        ),
        (
            "Deployment",
            {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": "100%"}}},
            "up to 4 pods at once (replicas 2, maxSurge 2) for 2 addresses",
            "strategy: {type: Recreate}",
        ),
        (
            "Deployment",
            {"replicas": 3},
            "up to 4 pods at once (replicas 3, maxSurge 1) for 2 addresses",
            "replicas: 2 and strategy: {type: Recreate}, or 4 addresses in richpod.io/fixed-ip",
        ),
        (
            "Deployment",
            {"replicas": 3, "strategy": {"type": "Recreate"}},
            "up to 3 pods at once (replicas 3) for 2 addresses",
            "replicas: 2, or 3 addresses in richpod.io/fixed-ip",
        ),
        (
            "StatefulSet",
            {"replicas": 3},
            "up to 3 pods at once (replicas 3) for 2 addresses",
            "replicas: 2, or 3 addresses in richpod.io/fixed-ip",
        ),
        ("DaemonSet", {}, "a pod on every node (DaemonSet) for 2 addresses", "kind: Deployment"),
        (
            "Job",
            {"parallelism": 3},
            "up to 3 pods at once (parallelism 3) for 2 addresses",
            "parallelism: 2, or 3 addresses in richpod.io/fixed-ip",
        ),
        (
            "CronJob",
            {"job": {"parallelism": 2}},
            "up to 3 pods at once (parallelism 2, and runs may overlap) for 2 addresses",
            "concurrencyPolicy: Forbid",
        ),
    ],
)
def test_more_pods_than_addresses_are_warned_about(kind: str, spec: Any, sentence: str, fix: str) -> None:
    """The advice is enough: what is fewer than the addresses stays as it is."""
    assert told(kind, spec) == [(sentence, fix)]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Deployment", {}),
        ("Deployment", {"replicas": 0}),
        ("Deployment", {"replicas": 2, "strategy": {"type": "Recreate"}}),
        ("Deployment", {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": 0}}}),
        ("StatefulSet", {"replicas": 2}),
        ("Job", {"parallelism": 5, "completions": 1}),
        ("CronJob", {"concurrencyPolicy": "Forbid"}),
        ("Pod", {}),
    ],
)
def test_enough_addresses_need_no_word(kind: str, spec: Any) -> None:
    assert told(kind, spec) == []


def test_addresses_that_were_not_granted_are_not_counted() -> None:
    assert told("Deployment", {"replicas": 9}, "skipped") == []
