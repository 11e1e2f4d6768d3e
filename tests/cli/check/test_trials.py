"""What pods that are created as dry runs prove."""

import pytest

from tests.cli.check.healthy import POLICY, configured, deployment, facts, line, said
from tests.pod_security import violations
from webhook.cli.check.facts import Trial
from webhook.cli.check.trials import ASKED, beyond_baseline, harmless

ANSWERED = f"richpod: the annotation {ASKED} is not known and does nothing"
CALL_FAILED = 'Internal error occurred: failed calling webhook "x.richpod.io": Post "https://…": connection refused'


@pytest.mark.parametrize(
    ("trial", "result"),
    [
        (Trial("shop", 12, (ANSWERED,)), "ok"),
        (Trial("shop", 12, ("something else", ANSWERED)), "ok"),
        (Trial("shop", 12, (), f"Pod is invalid: metadata.annotations: the annotation {ASKED} is not known"), "ok"),
        (Trial("shop", 1200, (ANSWERED,)), "warning"),
        (Trial("shop", 12, ("another webhook's warning",)), "problem"),
        (Trial("shop", 12, (), CALL_FAILED), "problem"),
        (Trial("shop", 12, (), "admission webhook somebody.example denied the request"), "unknown"),
    ],
)
def test_only_the_webhooks_own_words_prove_that_it_was_reached(trial: Trial, result: str) -> None:
    assert line("reachability", facts(trials=[trial])).result == result


def test_every_namespace_that_is_not_answered_is_named() -> None:
    found = said("reachability", facts(trials=[Trial("a", 1, (ANSWERED,)), Trial("b", 1, ()), Trial("c", 1, (), CALL_FAILED)]))
    assert [sentence.partition(" came")[0].partition(":")[0] for _, sentence in found] == ["a pod in namespace b", "namespace c"]


def test_where_no_call_can_come_through_it_follows_from_bundle_or_certificate() -> None:
    away = [Trial("shop", 12, ())]
    untrusting = configured(POLICY)
    for entry in untrusting["webhooks"]:
        entry["clientConfig"]["caBundle"] = ""
    for changes, fix in (({"configuration": untrusting}, "bundle"), ({"serving": None}, "certificate")):
        (finding,) = line("reachability", facts(trials=away, **changes)).findings
        assert finding.fix == f"nothing: follows from {fix}"
    for sentence, expected in (("x509: certificate signed by unknown authority", "nothing: "), ("connection refused", "kubectl")):
        failed = [Trial("shop", 12, (), f'failed calling webhook "a.richpod.io": {sentence}')]
        (finding,) = line("reachability", facts(trials=failed, configuration=untrusting)).findings
        assert finding.fix.startswith(expected)


def test_where_no_replica_is_there_it_follows_from_replicas() -> None:
    failed = [Trial("shop", 12, (), 'failed calling webhook "a.richpod.io": connection refused'), Trial("bank", 12, ())]
    found = line("reachability", facts(trials=failed, webhook=deployment(POLICY, 0, available=0))).findings
    assert [finding.fix for finding in found] == ["nothing: follows from replicas"] * 2


def test_a_runtime_class_that_is_missing_is_told_where_it_is_missed() -> None:
    refused = Trial("shop", 12, (), 'pods "x" is forbidden: pod rejected: RuntimeClass "gvisor" not found')
    (finding,) = line("reachability", facts(trials=[refused], runtime_classes=[])).findings
    assert finding.fix == "nothing: follows from runtime-classes"
    (finding,) = line("reachability", facts(trials=[refused])).findings
    assert finding.fix.startswith("let a pod of")


def test_where_no_namespace_opted_in_it_says_which_label_does() -> None:
    (finding,) = line("reachability", facts(trials=[])).findings
    assert (finding.result, finding.fix) == ("warning", "kubectl label namespace NAME richpod.io/inject=true")


def refused(level: str) -> Trial:
    sentence = f'pods "x" is forbidden: violates PodSecurity "{level}:latest": host namespaces (hostPID=true)'
    return Trial("default", 3, (), sentence)


@pytest.mark.parametrize("claimed", ["privileged", "baseline", "restricted"])
@pytest.mark.parametrize(
    ("trial", "proved"),
    [(Trial("default", 3, ()), "privileged"), (refused("baseline"), "baseline"), (refused("restricted"), "restricted")],
)
def test_what_namespaces_without_the_label_enforce_is_proved(claimed: str, trial: Trial, proved: str) -> None:
    policy = POLICY.model_copy(update={"pod_security_default": claimed})
    (finding,) = line("pod-security", facts(policy, unlabelled=trial)).findings
    assert finding.result == ("ok" if claimed == proved else "problem")
    assert finding.fix == ("" if claimed == proved else f"podSecurityDefault: {proved}")


def test_a_refusal_for_another_reason_proves_nothing() -> None:
    (finding,) = line("pod-security", facts(unlabelled=Trial("default", 3, (), "exceeded quota: pods"))).findings
    assert finding.result == "unknown"
    assert finding.fix.startswith("let a pod of 10m CPU")


def test_where_every_namespace_has_the_label_there_is_nothing_to_prove() -> None:
    assert line("pod-security", facts(unlabelled=None)).result == "warning"


def test_the_pods_that_are_tried_break_what_they_should_and_nothing_else() -> None:
    assert violations(harmless("shop"), "restricted") == []
    assert violations(beyond_baseline("default"), "restricted") == ["hostPID"]
    assert beyond_baseline("default")["metadata"]["labels"] == {"richpod.io/inject": "false"}, "the webhook has no part in it"
