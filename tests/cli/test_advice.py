"""What only the whole object shows: words in the wrong place, and addresses that replicas would share."""

from typing import Any

import pytest

from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import workloads
from webhook.cli.advice import advice

FIXED = {"richpod.io/fixed-ip": "198.51.100.1, 198.51.100.2"}
APPLIED = [Verdict("fixed-ip", "applied")]


def advised(kind: str, spec: Any = None, metadata: Any = None, pod: Any = None, verdicts: Any = ()) -> list[tuple[str, str]]:
    template = {"metadata": pod, "spec": {"containers": []}}
    spec = {"template": template} | (spec or {})
    if kind == "CronJob":
        spec = {
            "jobTemplate": {"metadata": (spec.pop("job", None)), "spec": {"template": template} | spec.pop("jobSpec", {})}
        } | spec
    version = "batch/v1" if "Job" in kind else "v1" if kind == "Pod" else "apps/v1"
    manifest = {"apiVersion": version, "kind": kind, "metadata": metadata} | ({"spec": spec} if kind != "Pod" else template)
    (workload,) = workloads(manifest)
    return [(verdict.sentence, verdict.fix) for verdict in advice(workload, list(verdicts))]


@pytest.mark.parametrize(
    ("metadata", "sentence", "fix"),
    [
        (
            {"annotations": {"richpod.io/init": "launch"}},
            "the annotation richpod.io/init of a Deployment reaches no pod",
            "move it to spec.template.metadata.annotations",
        ),
        (
            {"annotations": {"richpod.io/intt": "launch"}},
            "the annotation richpod.io/intt is not known; did you mean init?",
            "spec.template.metadata.annotations",
        ),
        (
            {"annotations": {"richpod.io/inject": "true"}},
            "richpod.io/inject is a label, not an annotation",
            "move it to the Namespace's labels",
        ),
        (
            {"labels": {"richpod.io/inject": "false"}},
            "the label richpod.io/inject of a Deployment reaches no pod",
            "move it to spec.template.metadata.labels",
        ),
        ({"labels": {"richpod.io/profile": "web"}}, "richpod.io/profile is a label of namespaces", "move it to the Namespace"),
        (
            {"labels": {"richpod.io/lxcfs": "true"}},
            "richpod.io/lxcfs is an annotation of pods, not a label",
            "move it to spec.template.metadata.annotations",
        ),
    ],
)
def test_what_stands_on_the_object_belongs_elsewhere(metadata: Any, sentence: str, fix: str) -> None:
    """Opting in at the wrong place, without a word, is the field's oldest complaint."""
    assert advised("Deployment", metadata=metadata) == [(sentence, fix)]


@pytest.mark.parametrize(
    ("pod", "sentence"),
    [
        ({"labels": {"richpod.io/profile": "web"}}, "richpod.io/profile is a label of namespaces: no pod chooses its profile"),
        ({"labels": {"richpod.io/init": "none"}}, "richpod.io/init is an annotation, not a label"),
        ({"labels": {"richpod.io/inject": "no"}}, "the pod's label richpod.io/inject is neither true nor false"),
    ],
)
@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_what_stands_on_the_pod_belongs_elsewhere(kind: str, pod: Any, sentence: str) -> None:
    found = advised(kind, pod=pod)
    assert [said for said, _ in found] == [sentence]


def test_a_job_template_is_no_place_either() -> None:
    assert advised("CronJob", spec={"job": {"annotations": {"richpod.io/init": "launch"}}}) == [
        (
            "the annotation richpod.io/init of a CronJob reaches no pod",
            "move it to spec.jobTemplate.spec.template.metadata.annotations",
        )
    ]


def test_what_stands_rightly_needs_no_word() -> None:
    right = {"labels": {"richpod.io/inject": "true"}, "annotations": {"richpod.io/init": "launch"}}
    assert advised("Deployment", pod=right, metadata={"annotations": {"team": "a", "richpod.io/status": "{}"}}) == []


@pytest.mark.parametrize(
    ("kind", "spec", "sentence"),
    [
        ("Deployment", {"replicas": 2}, "up to 3 pods at once (replicas 2, maxSurge 1) for 2 addresses"),
        (
            "Deployment",
            {"replicas": 2, "strategy": {"rollingUpdate": {"maxSurge": "100%"}}},
            "up to 4 pods at once (replicas 2, maxSurge 2) for 2 addresses",
        ),
        ("Deployment", {"replicas": 3, "strategy": {"type": "Recreate"}}, "up to 3 pods at once (replicas 3) for 2 addresses"),
        ("StatefulSet", {"replicas": 3}, "up to 3 pods at once (replicas 3) for 2 addresses"),
        ("DaemonSet", {}, "a pod on every node (DaemonSet) for 2 addresses"),
        ("Job", {"parallelism": 3}, "up to 3 pods at once (parallelism 3) for 2 addresses"),
        (
            "CronJob",
            {"jobSpec": {"parallelism": 2}},
            "up to 3 pods at once (parallelism 2, and runs may overlap) for 2 addresses",
        ),
    ],
)
def test_more_pods_than_addresses_are_warned_about(kind: str, spec: Any, sentence: str) -> None:
    found = advised(kind, spec=spec, pod={"annotations": FIXED}, verdicts=APPLIED)
    assert [said for said, _ in found] == [sentence]


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
    assert advised(kind, spec=spec, pod={"annotations": FIXED}, verdicts=APPLIED) == []


def test_addresses_that_were_not_granted_are_not_counted() -> None:
    assert (
        advised("Deployment", spec={"replicas": 9}, pod={"annotations": FIXED}, verdicts=[Verdict("fixed-ip", "skipped")]) == []
    )
