"""What holds a pod and is no workload we know does not pass in silence."""

import pytest

from webhook.cli.documents import files
from webhook.cli.strangers import strangers

POD = "{spec: {containers: [{name: a, image: a}]}}"


def noted(*objects: str) -> list[str]:
    return strangers(files([("x.yaml", "\n---\n".join(objects))]))


def templated(version: str, kind: str) -> str:
    return f"apiVersion: {version}\nkind: {kind}\nspec: {{template: {POD}}}"


@pytest.mark.parametrize(
    ("text", "note"),
    [
        (
            "apiVersion: v1\nkind: Deployment",
            "Deployment (x.yaml#1): apiVersion v1 has no such workload; left as it is",
        ),
        ("kind: Pod", "Pod (x.yaml#1): apiVersion is missing; left as it is"),
        (
            f"apiVersion: apps/v1\nspec: {{template: {POD}}}",
            "an object that holds a pod (x.yaml#1): kind is missing; left as it is",
        ),
    ],
)
def test_a_wrong_type_is_said_of_the_object(text: str, note: str) -> None:
    assert noted(text) == [note]


@pytest.mark.parametrize(
    ("version", "kind", "named"),
    [
        ("argoproj.io/v1alpha1", "Rollout", "Rollout (argoproj.io/v1alpha1)"),
        ("apps/v1", "deployment", "deployment (apps/v1; did you mean Deployment?)"),
        ("batch/v1", "CronJobs", "CronJobs (batch/v1; did you mean CronJob?)"),
        ("apps.openshift.io/v1", "DeploymentConfig", "DeploymentConfig (apps.openshift.io/v1)"),
        ("apps.kruise.io/v1beta1", "StatefulSet", "StatefulSet (apps.kruise.io/v1beta1)"),
    ],
)
def test_a_kind_that_may_be_somebody_elses_is_named(version: str, kind: str, named: str) -> None:
    """A nearest kind has only what stands in a group of Kubernetes' own."""
    assert noted(templated(version, kind)) == [f"1 object of a kind that richpod does not know passes through: {named}"]


def test_many_are_counted_in_one_sentence() -> None:
    rollout = templated("argoproj.io/v1alpha1", "Rollout")
    revision = f"apiVersion: serving.knative.dev/v1\nkind: Revision\n{POD[1:-1]}"
    assert noted(rollout, revision, rollout) == [
        "3 objects of kinds that richpod does not know pass through: "
        "Rollout (argoproj.io/v1alpha1), Revision (serving.knative.dev/v1)"
    ]


@pytest.mark.parametrize(
    "text",
    [
        templated("apps/v1", "Deployment"),
        "apiVersion: argoproj.io/v1\nkind: Rollout\nspec: {template: {spec: {}}}",
        "apiVersion: v1\nkind: Service\nspec: {template: x}",
        "kind: [Pod]",
        "a: 1",
    ],
)
def test_what_holds_no_pod_or_is_known_needs_no_word(text: str) -> None:
    assert noted(text) == []
