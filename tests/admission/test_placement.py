"""Words at the wrong place: whose they are, and where they belong."""

from typing import Any

import pytest

from tests.reviews import context
from webhook.admission.context import Context
from webhook.admission.placement import MOST, misplaced, misplaced_on_namespace
from webhook.admission.workloads import workloads

REQUIRED = {
    "runtimes": {"gvisor": {"class": "gvisor", "kind": "gvisor"}},
    "profiles": {"default": {"features": {"runtime": "gvisor"}, "required": ["runtime"]}},
}
NAMESPACE_LABELS = "move it to the Namespace's labels"


def told(
    kind: str, pod: Any = None, metadata: Any = None, job: Any = None, entry: Context | None = None
) -> list[tuple[str, str]]:
    template = {"metadata": pod, "spec": {"containers": []}}
    manifest = {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": {"template": template}}
    if kind == "CronJob":
        manifest |= {"apiVersion": "batch/v1", "spec": {"jobTemplate": {"metadata": job, "spec": {"template": template}}}}
    elif kind == "Pod":
        manifest = {"apiVersion": "v1", "kind": kind, **template}
    (workload,) = workloads(manifest)
    return [(verdict.sentence, verdict.fix) for verdict in misplaced(workload, entry)]


@pytest.mark.parametrize(
    ("metadata", "sentence", "fix"),
    [
        (
            {"annotations": {"richpod.io/init": "launch"}},
            "richpod.io/init does nothing here: it is an annotation of pods, not of a Deployment",
            "move it to spec.template.metadata.annotations",
        ),
        (
            {"annotations": {"richpod.io/intt": "launch"}},
            "the annotation richpod.io/intt is not known and does nothing; did you mean richpod.io/init?",
            "move it to spec.template.metadata.annotations",
        ),
        (
            {"annotations": {"richpod.io/inject": "true"}},
            "richpod.io/inject does nothing here: it is a label of namespaces and pods, not an annotation",
            f"{NAMESPACE_LABELS} or spec.template.metadata.labels",
        ),
        (
            {"labels": {"richpod.io/inject": "false"}},
            "richpod.io/inject does nothing here: it is a label of namespaces and pods, not of a Deployment",
            f"{NAMESPACE_LABELS} or spec.template.metadata.labels",
        ),
        (
            {"labels": {"richpod.io/profile": "web"}},
            "richpod.io/profile does nothing here: it is a label of namespaces, not of a Deployment",
            NAMESPACE_LABELS,
        ),
        (
            {"labels": {"richpod.io/lxcfs": "true"}},
            "richpod.io/lxcfs does nothing here: it is an annotation of pods, not a label",
            "move it to spec.template.metadata.annotations",
        ),
    ],
)
def test_what_stands_on_the_object_belongs_elsewhere(metadata: Any, sentence: str, fix: str) -> None:
    assert told("Deployment", metadata=metadata) == [(sentence, fix)]


@pytest.mark.parametrize(
    ("labels", "sentence", "fix"),
    [
        (
            {"richpod.io/profile": "web"},
            "richpod.io/profile does nothing here: it is a label of namespaces, not of pods",
            NAMESPACE_LABELS,
        ),
        (
            {"richpod.io/init": "none"},
            "richpod.io/init does nothing here: it is an annotation of pods, not a label",
            "move it to metadata.annotations",
        ),
    ],
)
def test_what_stands_on_the_pod_belongs_elsewhere(labels: Any, sentence: str, fix: str) -> None:
    assert told("Pod", {"labels": labels}) == [(sentence, fix)]
    assert [said for said, _ in told("Deployment", {"labels": labels})] == [sentence]


@pytest.mark.parametrize(
    ("value", "meant"),
    [("False", "false"), ("no", "false"), ("OFF", "false"), ("0", "false"), ("True", "true"), ("yes", "true"), ("1", "true")],
)
def test_a_label_that_is_neither_true_nor_false_is_taken_at_its_word(value: str, meant: str) -> None:
    labels = {"labels": {"richpod.io/inject": value}}
    ((sentence, fix),) = told("Deployment", labels)
    assert sentence == f'the pod\'s label richpod.io/inject is "{value}", neither true nor false'
    assert told("Deployment", labels, entry=context()) == [(f"{sentence}: the pod is treated", fix)]
    assert fix == f'richpod.io/inject: "{meant}" among the labels of the pod'


@pytest.mark.parametrize("kind", ["Pod", "Deployment"])
def test_there_is_no_way_out_of_what_is_required(kind: str) -> None:
    out = {"labels": {"richpod.io/inject": "false"}}
    assert told(kind, out, entry=context(REQUIRED)) == [
        (
            "the pod's label richpod.io/inject does nothing here: profile default is required",
            "remove the label richpod.io/inject from the pod",
        )
    ]
    assert told(kind, out, entry=context()) == told(kind, out) == []
    assert told(kind, {"labels": {"richpod.io/inject": "true"}}, entry=context(REQUIRED)) == []


def test_of_a_hundred_thousand_words_the_first_are_told_of() -> None:
    assert len(told("Deployment", metadata={"annotations": {f"richpod.io/ini{i}": "" for i in range(100_000)}})) == MOST


def test_a_job_template_is_no_place_either() -> None:
    assert told("CronJob", job={"annotations": {"richpod.io/init": "launch"}}) == [
        (
            "richpod.io/init does nothing here: it is an annotation of pods, not of a CronJob",
            "move it to spec.jobTemplate.spec.template.metadata.annotations",
        )
    ]


def test_what_a_controller_copied_to_an_object_of_its_own_is_nobodys_mistake() -> None:
    owner = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "uid": "1"}
    copied = {"labels": {"richpod.io/inject": "true"}, "annotations": {"richpod.io/intt": "launch"}}
    assert told("ReplicaSet", metadata=copied | {"ownerReferences": [owner | {"controller": True}]}) == []
    assert len(told("ReplicaSet", metadata=copied | {"ownerReferences": [owner]})) == 2


def test_what_stands_rightly_needs_no_word() -> None:
    right = {"labels": {"richpod.io/inject": "true"}, "annotations": {"richpod.io/init": "launch"}}
    assert told("Deployment", pod=right, metadata={"annotations": {"team": "a", "richpod.io/status": "{}"}}) == []
    assert not [*misplaced_on_namespace({"labels": {"richpod.io/inject": "false", "richpod.io/profile": "web"}})]


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        (
            {"annotations": {"richpod.io/inject": "true"}},
            "richpod.io/inject does nothing here: it is a label of namespaces and pods, not an annotation",
        ),
        (
            {"annotations": {"richpod.io/profile": "web"}},
            "richpod.io/profile does nothing here: it is a label of namespaces, not an annotation",
        ),
        (
            {"annotations": {"richpod.io/init": "launch"}},
            "richpod.io/init does nothing here: it is an annotation of pods, not of namespaces",
        ),
        (
            {"labels": {"richpod.io/init": "launch"}},
            "richpod.io/init does nothing here: it is an annotation of pods, not a label",
        ),
        ({"labels": {"richpod.io/inject": "yes"}}, 'richpod.io/inject is "yes": write "true" or "false"'),
    ],
)
def test_what_stands_on_a_namespace_and_means_nothing_there_is_said(metadata: Any, sentence: str) -> None:
    assert [wrong.sentence for wrong in misplaced_on_namespace(metadata)] == [sentence]
