"""Addresses that replicas would share, and claims."""

from typing import Any

import pytest

from webhook.admission.crowding import crowded
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import workloads

ADDRESSES = "198.51.100.1, 198.51.100.2"
SINGLE = '[{"path": "/var/lib/app", "claim": "data", "single": true}]'


def told(kind: str, spec: Any, outcome: Any = "applied") -> list[tuple[str, str]]:
    """Of pods that ask for two addresses."""
    return [(verdict.sentence, verdict.fix) for verdict in found(kind, spec, Verdict("fixed-ip", outcome), ADDRESSES)]


def told_of_claims(kind: str, spec: Any) -> list[tuple[str, str, str]]:
    """Of pods that say to be the only one that has a claim."""
    verdicts = found(kind, spec, Verdict("persist", "applied"), SINGLE)
    return [(verdict.outcome, verdict.sentence, verdict.fix) for verdict in verdicts]


def found(kind: str, spec: Any, said: Verdict, text: str) -> list[Verdict]:
    template = {"metadata": {"annotations": {f"richpod.io/{said.feature}": text}}, "spec": {"containers": []}}
    if kind == "CronJob":
        spec = {"jobTemplate": {"spec": {"template": template, **spec.pop("job", {})}}, **spec}
    version = "batch/v1" if "Job" in kind else "v1" if kind == "Pod" else "apps/v1"
    manifest = {"apiVersion": version, "kind": kind} | (template if kind == "Pod" else {"spec": {"template": template, **spec}})
    (workload,) = workloads(manifest)
    return list(crowded(workload, [said]))


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


OWN = "a StatefulSet with a volumeClaimTemplate data"
SHARED = "are created, each judged alone, and share claim data"
NEXT = "the next pod would share claim data with this one"


@pytest.mark.parametrize(
    ("kind", "spec", "outcome", "sentence", "fix"),
    [
        ("Deployment", {}, "applied", NEXT, "strategy: {type: Recreate}"),
        (
            "Deployment",
            {"replicas": 1, "strategy": {"rollingUpdate": {"maxSurge": 0}}},
            "applied",
            NEXT,
            "strategy: {type: Recreate}",
        ),
        (
            "Deployment",
            {"replicas": 2, "strategy": {"type": "Recreate"}},
            "refused",
            f"2 pods at once (replicas 2) {SHARED}",
            f"replicas: 1, or {OWN}",
        ),
        (
            "StatefulSet",
            {"replicas": 3},
            "refused",
            f"3 pods at once (replicas 3) {SHARED}",
            f"replicas: 1, or {OWN}",
        ),
        ("DaemonSet", {}, "refused", f"pods of all nodes {SHARED}", OWN),
        (
            "Job",
            {"parallelism": 4},
            "refused",
            f"4 pods at once (parallelism 4) {SHARED}",
            f"parallelism: 1, or {OWN}",
        ),
        ("CronJob", {}, "applied", NEXT, "concurrencyPolicy: Forbid"),
    ],
)
def test_a_claim_of_one_pod_is_for_one_pod(kind: str, spec: Any, outcome: str, sentence: str, fix: str) -> None:
    """A node lets all of its pods write to a claim, whatever its access mode says of nodes."""
    assert told_of_claims(kind, spec) == [(outcome, sentence, fix)]


@pytest.mark.parametrize(
    ("kind", "spec"),
    [
        ("Deployment", {"strategy": {"type": "Recreate"}}),
        ("Deployment", {"replicas": 0}),
        ("StatefulSet", {}),
        ("StatefulSet", {"replicas": 3, "volumeClaimTemplates": [{"metadata": {"name": "data"}}]}),
        ("Job", {}),
        ("CronJob", {"concurrencyPolicy": "Forbid"}),
        ("Pod", {}),
    ],
)
def test_a_claim_of_a_pod_s_own_needs_no_word(kind: str, spec: Any) -> None:
    assert told_of_claims(kind, spec) == []
