"""Enough of richpod's own pods to lose one."""

from dataclasses import replace
from typing import Any

import pytest

from tests.cli.check.healthy import POLICY, configured, deployment, facts, line
from webhook.cli.manifests.certmanager import INJECTED


def scaled(wanted: int, available: int) -> Any:
    found = deployment(POLICY, 0, available)
    found["spec"]["replicas"] = wanted
    return facts(webhook=found)


@pytest.mark.parametrize(
    ("wanted", "available", "result"),
    [(2, 2, "ok"), (3, 3, "ok"), (3, 2, "warning"), (3, 1, "problem"), (2, 1, "problem"), (1, 1, "problem"), (0, 0, "problem")],
)
def test_two_replicas_are_the_least(wanted: int, available: int, result: str) -> None:
    (finding,) = line("replicas", scaled(wanted, available)).findings
    assert finding.result == result
    assert finding.fix.startswith("" if result == "ok" else "kubectl -n richpod-system ")


def test_a_webhook_that_was_scaled_away_answers_nobody() -> None:
    (finding,) = line("replicas", scaled(0, 0)).findings
    assert finding.sentence == "the webhook is scaled to 0: nobody answers"
    assert finding.fix == "kubectl -n richpod-system scale deployment/richpod-webhook --replicas=2"


def test_a_rollout_that_is_stuck_is_named_while_the_old_replicas_still_answer() -> None:
    stuck = deployment(POLICY, 0, 2)
    stuck["status"]["unavailableReplicas"] = 1
    (finding,) = line("replicas", facts(webhook=stuck)).findings
    assert finding.result == "warning"
    assert finding.sentence.endswith("and 1 new one is not: a rollout goes on, or is stuck")
    assert finding.fix.startswith("kubectl -n richpod-system describe pods -l ")


def test_a_controller_that_was_scaled_away_is_scaled_back() -> None:
    away = deployment(POLICY, 1, 0)
    away["spec"]["replicas"] = 0
    (finding,) = line("rotation", facts(certs=away)).findings
    assert finding.sentence == "the certificates' controller is scaled to 0: nobody replaces certificates"
    assert finding.fix == "kubectl -n richpod-system scale deployment/richpod-certs --replicas=1"


def test_somebody_replaces_certificates() -> None:
    assert line("rotation", facts()).result == "ok"
    assert line("rotation", facts(certs=deployment(POLICY, 1, available=0))).result == "problem"
    assert line("rotation", facts(certs=None)).result == "problem"


def test_cert_manager_may_be_who_does() -> None:
    held = configured(POLICY)
    held["metadata"]["annotations"] = dict(INJECTED)
    there = facts(certs=None, configuration=held)
    assert line("rotation", there).result == "ok"
    assert line("rights-certs", there).result == "ok"
    assert line("configuration", there).result == "ok"
    assert "certificates.cert-manager.io" in line("certificate", replace(there, serving=None)).findings[0].fix
