"""What refuses pods that lack what their profile requires, whatever became of the webhook."""

from copy import deepcopy

from tests.cli.check.healthy import facts, line, said
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


def test_what_an_earlier_policy_has_left_still_refuses_pods_and_is_named() -> None:
    there = facts().required_bindings
    assert isinstance(there, list)
    stranger = {"metadata": {"name": "stranger"}, "spec": {}}
    found = line("required", facts(Policy(), required_policies=[], required_bindings=[*there, stranger])).findings
    name = "required.isolated.namespace.richpod.io"
    assert [(one.result, one.fix) for one in found] == [("warning", f"kubectl delete validatingadmissionpolicybinding {name}")]
