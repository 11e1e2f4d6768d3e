"""What refuses pods that lack what their profile requires, whatever became of the webhook."""

from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.cli.check.healthy import POLICY, facts, line, said
from webhook.policy import Policy


def test_policies_and_bindings_that_are_missing_are_named() -> None:
    found = said("required", facts(required_policies=[], required_bindings=[]))
    assert [sentence.partition(" is missing")[0] for _, sentence in found] == [
        "ValidatingAdmissionPolicy required.isolated.richpod.io",
        "ValidatingAdmissionPolicyBinding required.isolated.namespace.richpod.io",
    ]
    assert {result for result, _ in found} == {"problem"}


def test_one_that_was_weakened_is_named() -> None:
    there = facts()
    bindings = deepcopy(there.required_bindings)
    assert isinstance(bindings, list)
    bindings[0]["spec"]["validationActions"] = ["Audit"]
    bindings[0]["spec"]["matchResources"]["namespaceSelector"] = {"matchLabels": {"nobody": "there"}}
    name = "ValidatingAdmissionPolicyBinding required.isolated.namespace.richpod.io"
    assert said("required", facts(required_bindings=bindings)) == [
        ("problem", f"{name} has other validationActions than the policy renders"),
        ("problem", f"{name} has another namespaceSelector than the policy renders"),
    ]


def test_a_policy_that_requires_nothing_needs_none() -> None:
    assert line("required", facts(Policy(), required_policies=[], required_bindings=[])).result == "ok"


LEFT = "required.isolated.richpod.io"
BINDING = "validatingadmissionpolicybinding/required.isolated.namespace.richpod.io"
STRANGER = {"metadata": {"name": "stranger"}, "spec": {"policyName": "stranger"}}


def left(**changes: Any) -> list[tuple[str, str]]:
    """What is said and advised where the policy requires nothing any more."""
    there = facts(Policy(), required_policies=facts().required_policies, required_bindings=facts().required_bindings)
    found = line("required", replace(there, **changes))
    return [(one.sentence, one.fix) for one in found.findings if one.result == "problem"]


def test_what_an_earlier_policy_has_left_still_refuses_pods_and_is_named_once_for_each_profile() -> None:
    there = facts().required_bindings
    assert isinstance(there, list)
    policy = f"validatingadmissionpolicy/{LEFT}"
    sentence = f"{LEFT} still refuses pods: an earlier policy has left {BINDING}, {policy}"
    assert left(required_bindings=[*there, STRANGER]) == [(sentence, f"kubectl delete {BINDING} {policy}")]


def test_a_policy_without_its_binding_refuses_nobody_and_is_left_all_the_same() -> None:
    ((sentence, fix),) = left(required_bindings=[])
    assert sentence.startswith(f"{LEFT} has no binding, and refuses none: ")
    assert fix == f"kubectl delete validatingadmissionpolicy/{LEFT}"


def test_of_a_profile_that_requires_something_only_the_binding_may_be_left() -> None:
    there = facts()
    assert isinstance(there.required_bindings, list)
    earlier = deepcopy(there.required_bindings[0])
    earlier["metadata"]["name"] = "required.isolated.profile.richpod.io"
    (finding,) = line("required", facts(required_bindings=[*there.required_bindings, earlier])).findings
    assert finding.fix == "kubectl delete validatingadmissionpolicybinding/required.isolated.profile.richpod.io"


def test_what_the_policy_that_runs_renders_is_not_left() -> None:
    assert left(running=POLICY) == []
