"""What the webhook would do to a manifest: which entry sees it, and that what a pod is not is an error with its line."""

from typing import Any

import pytest

from webhook.admission.entries import ENFORCE, INJECT, NAME, PROFILE, entries, match
from webhook.cli.documents import files
from webhook.cli.objects import namespaces
from webhook.cli.preview import Circumstances, Preview, previews
from webhook.policy import Policy

POLICY = Policy.model_validate(
    {
        "podOptIn": True,
        "excludedNamespaces": ["monitoring"],
        "runtimes": {"gvisor": {"class": "gvisor", "kind": "gvisor"}},
        "profiles": {
            "web": {"features": {"init": "dumb-init"}},
            "secure": {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": ["payments"]},
        },
    }
)
DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: web, command: [/web]}
"""


def preview(text: str, **given: Any) -> list[Preview]:
    read = files([("x.yaml", text)])
    known, _ = namespaces(read)
    return previews(read, Circumstances(**{"policy": POLICY, "namespace": "shop", "namespaces": known} | given))


# --- which entry ---


def test_without_any_knowledge_the_namespace_is_taken_as_opted_in() -> None:
    (seen,) = preview(DEPLOYMENT)
    assert seen.assumed
    assert seen.entry is not None
    assert seen.entry.name == "privileged.default.inject.richpod.io"


def test_a_namespace_that_the_policy_names_needs_no_label() -> None:
    (seen,) = preview(DEPLOYMENT, namespace="payments")
    assert not seen.assumed
    assert seen.context is not None
    assert seen.context.profile_name == "secure"


def test_an_excluded_namespace_is_left_alone() -> None:
    (seen,) = preview(DEPLOYMENT, namespace="monitoring")
    assert seen.context is None
    assert seen.outcome.left_alone == "namespace monitoring is excluded"


@pytest.mark.parametrize(
    ("labels", "profile", "left_alone"),
    [
        ({}, None, "the namespace's label richpod.io/inject is not set"),
        ({INJECT: "true"}, "default", ""),
        ({INJECT: "yes"}, None, 'the namespace\'s label richpod.io/inject is "yes"'),
        ({INJECT: "false", PROFILE: "web"}, None, 'the namespace\'s label richpod.io/inject is "false"'),
        ({PROFILE: "web"}, "web", ""),
    ],
)
def test_the_labels_of_a_namespace_decide(labels: dict[str, str], profile: str | None, left_alone: str) -> None:
    policy = POLICY.model_copy(update={"pod_opt_in": False})
    (seen,) = preview(DEPLOYMENT, namespaces={"shop": labels}, policy=policy)
    assert (seen.context and seen.context.profile_name, seen.outcome.left_alone) == (profile, left_alone)


@pytest.mark.parametrize("level", ["privileged", "baseline", "restricted"])
def test_the_entry_is_the_one_that_the_rendered_selectors_choose(level: str) -> None:
    labels = {INJECT: "true", ENFORCE: level}
    (seen,) = preview(DEPLOYMENT, namespaces={"shop": labels})
    assert seen.entry == match(entries(POLICY), labels | {NAME: "shop"}, {"app": "web"})
    assert seen.context is not None
    assert seen.context.level == level


def test_the_name_of_a_namespace_cannot_be_forged() -> None:
    (seen,) = preview(DEPLOYMENT, namespaces={"shop": {NAME: "payments", INJECT: "true"}})
    assert seen.context is not None
    assert seen.context.profile_name == "default"


def test_a_profile_that_no_label_selects_is_named() -> None:
    (seen,) = preview(DEPLOYMENT, namespaces={"shop": {PROFILE: "wep"}})
    assert seen.outcome.operations == []
    assert seen.outcome.verdicts[0].sentence == (
        "the namespace asks for profile wep that no label selects: NOT treated (known: default, web); did you mean web?"
    )


def test_a_pod_may_opt_out() -> None:
    (seen,) = preview(DEPLOYMENT.replace("app: web", 'richpod.io/inject: "false"'))
    assert seen.outcome.left_alone == 'the pod\'s label richpod.io/inject is "false"'


def test_a_pod_may_not_opt_out_of_what_is_required() -> None:
    (seen,) = preview(DEPLOYMENT.replace("app: web", 'richpod.io/inject: "false"'), namespace="payments")
    assert seen.context is not None
    assert seen.context.profile_name == "secure"


def test_a_chosen_profile_and_level_overrule_the_labels() -> None:
    (seen,) = preview(DEPLOYMENT, namespaces={"shop": {INJECT: "false"}}, profile="web", level="restricted")
    assert seen.context is not None
    assert (seen.context.profile_name, seen.context.level) == ("web", "restricted")


def test_an_object_knows_its_namespace_best() -> None:
    (seen,) = preview(DEPLOYMENT.replace("name: web}\nspec", "name: web, namespace: other}\nspec"))
    assert seen.namespace == "other"


# --- what is seen ---


@pytest.mark.parametrize(
    ("version", "kind", "open_", "close"),
    [
        ("apps/v1", "StatefulSet", "spec: {template: ", "}"),
        ("apps/v1", "DaemonSet", "spec: {template: ", "}"),
        ("apps/v1", "ReplicaSet", "spec: {template: ", "}"),
        ("v1", "ReplicationController", "spec: {template: ", "}"),
        ("batch/v1", "Job", "spec: {template: ", "}"),
        ("batch/v1", "CronJob", "spec: {jobTemplate: {spec: {template: ", "}}}"),
        ("v1", "PodTemplate", "template: ", ""),
        ("extensions/v1beta1", "Deployment", "spec: {template: ", "}"),
    ],
)
def test_every_kind_that_holds_a_pod_is_seen(version: str, kind: str, open_: str, close: str) -> None:
    pod = "{spec: {containers: [{name: a, image: a, command: [/a]}]}}"
    text = f"apiVersion: {version}\nkind: {kind}\nmetadata: {{name: a}}\n{open_}{pod}{close}\n"
    (seen,) = preview(text, profile="web")
    assert str(seen) == f"{kind} shop/a (x.yaml#1)"
    assert [verdict.feature for verdict in seen.outcome.verdicts] == ["init"]


def test_lists_in_lists_are_seen() -> None:
    inner = "{apiVersion: v1, kind: PodList, items: [{metadata: {name: p}, spec: {containers: [{name: a, image: a}]}}]}"
    (seen,) = preview(f"apiVersion: v1\nkind: List\nitems: [{{kind: Other}}, {inner}]\n")
    assert str(seen) == "Pod shop/p (x.yaml#1.items[1].items[0])"
    assert seen.path == ("items", 1, "items", 0)


def test_the_manifest_itself_stays_as_it_was() -> None:
    read = files([("x.yaml", DEPLOYMENT)])
    previews(read, Circumstances(POLICY, "shop", {}))
    assert read[0].documents[0].data["spec"]["template"]["spec"]["containers"][0]["command"] == ["/web"]
