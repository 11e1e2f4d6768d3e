"""Pods that were passed over: judged by the pipeline, named by what makes them anew."""

import json
from typing import Any

import pytest

from tests.cli.check.healthy import POLICY, facts, line, said
from webhook import __version__
from webhook.admission.context import Context
from webhook.admission.entries import INJECT, NAME, entries
from webhook.admission.pipeline import mutate
from webhook.admission.verdicts import Verdict
from webhook.cli.check.facts import Pods, Trial, Untreated
from webhook.cli.check.missed import outdated, today, without_runtime
from webhook.cli.owners import Owner
from webhook.policy import Policy
from webhook.policy.file import parse

Json = dict[str, Any]
SHOP = {NAME: "shop", INJECT: "true"}
STATUS = "richpod.io/status"


def stored(**metadata: Any) -> Json:
    """A pod of a ReplicaSet that nobody treated, as the API server holds it."""
    owners = [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "controller": True}]
    containers = [{"name": "web", "image": "web", "command": ["/web"], "resources": {}}]
    return {
        "metadata": {"name": "web-1-x", "namespace": "shop", "ownerReferences": owners, **metadata},
        "spec": {"containers": containers, "nodeName": "node-1", "serviceAccountName": "default"},
    }


def judged(pod: Json, policy: Policy = POLICY, labels: Json = SHOP) -> bool:
    contexts = {e: Context(policy, e.profile, e.level) for e in entries(policy) if e.level is not None}
    return today(pod, labels, contexts) is not None


def treated(policy: Policy = POLICY) -> Json:
    pod = stored()
    mutate(pod, "shop", Context(policy, "default", "privileged"))
    return pod


def test_a_pod_that_a_creation_today_would_change_lacks_something() -> None:
    assert judged(stored())


def test_one_that_is_larger_than_what_the_webhook_looks_at_is_passed_over() -> None:
    pod = stored()
    pod["spec"]["containers"] *= 1001
    assert not judged(pod)


@pytest.mark.parametrize(("mode", "expected"), [("enforce", True), ("audit", False)])
def test_one_of_which_only_a_registry_tells_is_not_passed_over(mode: str, expected: bool) -> None:
    """It was down, or the webhook was, when the pod was created."""
    pod = stored()
    del pod["spec"]["containers"][0]["command"]
    profiles = f"profiles: {{default: {{features: {{init: launch}}, mode: {mode}}}}}"
    policy = parse(f"{{images: {{registries: {{docker.io: {{}}}}}}, {profiles}}}")
    assert judged(pod, policy) is expected
    pod["spec"]["containers"][0]["image"] = "registry.example.com/web"
    assert not judged(pod, policy), "which the policy does not list"


def test_judging_changes_no_pod() -> None:
    pod = stored()
    judged(pod)
    assert pod == stored()


@pytest.mark.parametrize(
    ("pod", "labels"),
    [
        (stored(), {NAME: "shop"}),
        (stored(labels={INJECT: "false"}), SHOP),
        (stored(annotations={"richpod.io/init": "none"}), SHOP),
        (stored(), {NAME: "kube-system", INJECT: "true"}),
        (treated(), SHOP),
    ],
)
def test_one_that_nobody_would_change_lacks_nothing(pod: Json, labels: Json) -> None:
    assert not judged(pod, labels=labels)


def test_r29_a_mark_alone_is_no_proof() -> None:
    assert judged(stored(annotations={STATUS: treated()["metadata"]["annotations"][STATUS]}))
    assert not outdated(treated()["metadata"], POLICY)


def test_a_pod_that_runs_and_would_be_refused_lacks_something_where_the_profile_enforces() -> None:
    runtimes = "runtimes: {gvisor: {class: gvisor}}, volumes: {}"
    pod = stored(annotations={"richpod.io/volumes": "nothing", "richpod.io/init": "none"})
    for mode, expected in (("enforce", True), ("audit", False)):
        policy = parse(f"{{{runtimes}, profiles: {{default: {{allow: [init, volumes], mode: {mode}}}}}}}")
        assert judged(pod, policy) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (json.dumps({"version": __version__, "policy": "0", "verdicts": {}}), True),
        (json.dumps({"version": "0", "policy": POLICY.hash, "verdicts": {}}), True),
        ("{", False),
        ("[]", False),
        ('{"verdicts": 1}', False),
    ],
)
def test_the_mark_of_another_version_or_policy_tells_that_the_webhook_was_there(text: str, expected: bool) -> None:
    assert outdated({"annotations": {STATUS: text}}, POLICY) is expected


DEPLOYMENT = Owner("apps/v1", "Deployment", "web")


@pytest.mark.parametrize(
    ("owner", "fix"),
    [
        (DEPLOYMENT, "kubectl -n shop rollout restart deployment/web"),
        (Owner("apps/v1", "StatefulSet", "db"), "kubectl -n shop rollout restart statefulset/db"),
        (Owner("apps/v1", "DaemonSet", "log"), "kubectl -n shop rollout restart daemonset/log"),
        (Owner("apps/v1", "ReplicaSet", "web"), "kubectl -n shop delete pod a b"),
        (Owner("batch/v1", "CronJob", "night"), "nothing: the next run of cronjob/night is seen"),
        (Owner("batch/v1", "Job", "once"), "kubectl -n shop delete job/once"),
        (Owner("argoproj.io/v1alpha1", "Rollout", "web"), "kubectl -n shop delete pod a b"),
        (Owner("v1", "Deployment", "web"), "kubectl -n shop delete pod a b"),
        (Owner("example/v1", "Job", "web"), "kubectl -n shop delete pod a b"),
    ],
)
def test_pods_of_one_owner_are_one_finding_with_what_makes_them_anew(owner: Owner, fix: str) -> None:
    pods = [Untreated("shop", name, owner, False) for name in ("a", "b")]
    (finding,) = line("missed", facts(pods=Pods(9, pods))).findings
    assert (finding.result, finding.fix) == ("problem", fix)
    more = " (then apply its own manifest again)" if owner.api_version == "batch/v1" and owner.kind == "Job" else ""
    assert finding.sentence == f"shop: {owner}: 2 pods run untreated: a, b{more}"


def test_while_the_webhook_is_away_nothing_is_restarted_in_vain() -> None:
    away = [Trial("shop", 5, ())]
    (finding,) = line("missed", facts(trials=away, pods=Pods(9, [Untreated("shop", "a", DEPLOYMENT, False)]))).findings
    assert finding.fix == "once reachability is ok: kubectl -n shop rollout restart deployment/web"


PAYMENTS = {NAME: "payments"}
WITHOUT = "runtime gvisor, which profile isolated requires"


@pytest.mark.parametrize(
    ("runtime_class", "labels", "expected"),
    [
        (None, PAYMENTS, WITHOUT),
        ("other", PAYMENTS, WITHOUT),
        ("gvisor", PAYMENTS, ""),
        (None, SHOP, ""),
        (None, {NAME: "elsewhere"}, ""),
    ],
)
def test_a_pod_that_runs_without_the_runtime_that_its_profile_requires_says_so(
    runtime_class: str | None, labels: Json, expected: str
) -> None:
    pod = stored()
    pod["spec"] |= {"runtimeClassName": runtime_class} if runtime_class else {}
    contexts = {e: Context(POLICY, e.profile, e.level) for e in entries(POLICY) if e.level is not None}
    assert without_runtime(pod, labels, contexts) == expected


@pytest.mark.parametrize("old", [False, True])
def test_it_is_a_problem_whoever_treated_it(old: bool) -> None:
    pods = [Untreated("payments", "a", DEPLOYMENT, old, WITHOUT)]
    assert said("missed", facts(pods=Pods(9, pods))) == [
        ("problem", f"payments: deployment/web: 1 pod runs WITHOUT {WITHOUT}: a")
    ]


def test_what_would_be_refused_today_is_not_restarted_in_vain() -> None:
    refused = Verdict("init", "refused", "not-allowed", "nobody may choose it here", "profiles.default.allow: [init]")
    pods = [Untreated("shop", name, DEPLOYMENT, False, refused=refused) for name in ("a", "b")]
    (finding,) = line("missed", facts(pods=Pods(9, pods))).findings
    assert (finding.result, finding.fix) == ("problem", refused.fix)
    assert finding.sentence == (
        "shop: deployment/web: 2 pods run untreated, and would be refused today (nobody may choose it here): a, b"
    )


def test_what_has_no_advice_is_explained() -> None:
    refused = Verdict("volumes", "refused", "level:restricted", "Pod Security forbids it")
    (finding,) = line("missed", facts(pods=Pods(9, [Untreated("shop", "a", DEPLOYMENT, False, refused=refused)]))).findings
    assert finding.fix == "richpod explain pod/a -n shop"


def test_what_is_said_alike_is_said_once() -> None:
    pods = [Untreated("payments", name, DEPLOYMENT, old, WITHOUT) for name, old in (("a", True), ("b", False))]
    sentence = f"payments: deployment/web: 2 pods run WITHOUT {WITHOUT}: a, b"
    assert said("missed", facts(pods=Pods(9, pods))) == [("problem", sentence)]


def test_pods_without_an_owner_are_each_their_own() -> None:
    pods = [Untreated("shop", name, None, False) for name in ("a", "b")]
    found = {finding.sentence: finding.fix for finding in line("missed", facts(pods=Pods(9, pods))).findings}
    again = "(then apply its own manifest again)"
    assert found == {f"shop: 1 pod runs untreated: {name} {again}": f"kubectl -n shop delete pod {name}" for name in ("a", "b")}


def test_what_another_policy_treated_is_one_warning() -> None:
    pods = [Untreated("shop", f"pod-{i}", DEPLOYMENT, True) for i in range(5)] + [Untreated("shop", "alone", None, True)]
    sentence = "6 pods run as another version or policy treated it, and would be changed today: shop/deployment/web, shop/alone"
    (finding,) = line("missed", facts(pods=Pods(9, pods))).findings
    assert finding[:2] == ("warning", sentence)
    assert finding.fix == "kubectl -n shop rollout restart deployment/web; kubectl -n shop delete pod alone"


def test_what_only_registries_tell_is_one_warning() -> None:
    pods = [Untreated("shop", name, DEPLOYMENT, old, asked=("docker.io",)) for name, old in (("a", True), ("b", False))]
    pods.append(Untreated("shop", "alone", None, False, asked=("registry.example.com", "docker.io")))
    (finding,) = line("missed", facts(pods=Pods(9, pods))).findings
    asked = "the webhook asks docker.io, registry.example.com what their images run, and this command does not"
    sentence = f"3 pods run without an init: {asked}; lines image-unknown of its log say why it was not told"
    assert finding[:2] == ("warning", f"{sentence}: shop/deployment/web, shop/alone")
    assert finding.fix == "kubectl -n shop rollout restart deployment/web; kubectl -n shop delete pod alone"
