"""What somebody did to the configuration is named, and told apart from what was never there."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest

from tests.cli.check.healthy import POLICY, configured, facts, line, said
from webhook.policy.file import parse

INJECT = "baseline.default.inject.richpod.io"


def edited(**changes: Any) -> Any:
    """One entry with other fields."""
    held = deepcopy(configured(POLICY))
    entry = next(entry for entry in held["webhooks"] if entry["name"] == INJECT)
    entry.update(changes)
    return facts(configuration=held)


def entry() -> Any:
    return next(deepcopy(entry) for entry in configured(POLICY)["webhooks"] if entry["name"] == INJECT)


def test_there_is_none() -> None:
    ((result, sentence),) = said("configuration", facts(configuration=None))
    assert (result, sentence.partition(":")[0]) == ("problem", "there is no MutatingWebhookConfiguration richpod")


def test_entries_that_are_missing_or_of_another_policy_are_named() -> None:
    held = configured(POLICY)
    held["webhooks"][0]["name"] = "old.richpod.io"
    found = said("configuration", facts(configuration=held))
    assert ("problem", "privileged.default.profile.richpod.io: missing") in found
    assert ("problem", "old.richpod.io: not of this policy") in found


def test_alike_differences_of_many_entries_are_said_once() -> None:
    held = configured(POLICY)
    for entry in held["webhooks"]:
        entry["failurePolicy"] = "Never"
    found = said("configuration", facts(configuration=held))
    assert {result for result, _ in found} == {"problem"}
    assert len(found) == 2, "entries of the required profile have another one"
    assert " more: has failurePolicy Never, not Ignore" in found[0][1]


def test_what_a_vendor_adds_to_selectors_is_a_warning() -> None:
    """AKS does so, to keep webhooks away from its own namespaces."""
    added = {"key": "control-plane", "operator": "DoesNotExist"}
    selector = entry()["namespaceSelector"]
    found = edited(namespaceSelector={"matchExpressions": [added, *reversed(selector["matchExpressions"])]})
    sentence = f"{INJECT}: namespaceSelector has what somebody added: control-plane DoesNotExist"
    assert said("configuration", found) == [("warning", sentence)]


def test_a_requirement_that_was_taken_away_is_a_problem() -> None:
    selector = entry()["namespaceSelector"]
    found = edited(namespaceSelector={"matchExpressions": selector["matchExpressions"][1:]})
    ((result, sentence),) = said("configuration", found)
    assert result == "problem"
    assert sentence.startswith(f"{INJECT}: namespaceSelector lacks kubernetes.io/metadata.name NotIn [kube-node-lease")


@pytest.mark.parametrize(
    ("field", "value", "result", "sentence"),
    [
        ("timeoutSeconds", 10, "warning", "has timeoutSeconds 10, not 5"),
        ("failurePolicy", "Fail", "problem", "has failurePolicy Fail, not Ignore"),
        ("rules", [], "problem", "has other rules than the policy renders"),
        (
            "clientConfig",
            {"url": "https://elsewhere/"},
            "problem",
            "calls https://elsewhere/, not service richpod-system/",
        ),
        (
            "matchConditions",
            [{"name": "mine", "expression": "true"}],
            "warning",
            "has a condition that somebody added or changed: mine",
        ),
    ],
)
def test_a_field_that_was_edited_is_named(field: str, value: object, result: str, sentence: str) -> None:
    ((found, said_),) = said("configuration", edited(**{field: value}))
    assert found == result
    assert said_.startswith(f"{INJECT}: {sentence}")


def test_a_condition_that_was_taken_away_is_a_problem() -> None:
    held = configured(POLICY)
    preview = next(entry for entry in held["webhooks"] if entry["name"].startswith("preview."))
    name = preview.pop("matchConditions")[0]["name"]
    assert ("problem", f"{preview['name']}: lacks the condition {name}") in said("configuration", facts(configuration=held))


def test_order_and_defaults_mean_nothing() -> None:
    held = configured(POLICY)
    held["webhooks"].reverse()
    for entry in held["webhooks"]:
        entry["objectSelector"] = {"matchExpressions": (entry["objectSelector"].get("matchExpressions") or [])[::-1]}
    assert line("configuration", facts(configuration=held)).result == "ok"


def test_a_policy_that_is_not_applied_yet_makes_no_fault_of_what_runs() -> None:
    running = parse("{profiles: {default: {}, web: {}}}")
    given = parse("{profiles: {default: {}, web: {}, api: {}}, excludedNamespaces: [shop]}")
    there = replace(facts(running), policy=given)
    own = sum(".api." in entry["name"] for entry in configured(given)["webhooks"])
    ((result, sentence),) = [said_ for said_ in said("configuration", there) if said_[0] != "ok"]
    assert result == "warning"
    assert sentence.startswith(f"the policy that was given is not applied yet: {own} entries are new, ")
    assert sentence.endswith(" changed, 0 gone; see kubectl diff")
    assert line("required", there).result == "ok"


@pytest.mark.parametrize("name", ["bundle", "selectors", "reachability"])
def test_what_is_wrong_only_because_there_is_none_says_so(name: str) -> None:
    (finding,) = line(name, facts(configuration=None)).findings
    assert (finding.result, finding.fix) == ("problem", "nothing: follows from configuration")
