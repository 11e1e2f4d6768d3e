"""Labels that mean nothing, and namespaces that the configuration in the cluster does not see as its owner wants."""

from dataclasses import replace

import pytest

from tests.cli.check.healthy import POLICY, configured, facts, line, namespace, said
from webhook.cli.check.namespaces import one_of_each
from webhook.policy.file import parse

LABEL = "kubectl label namespace shop --overwrite"
INJECT, PROFILE, ENFORCE = "richpod.io/inject", "richpod.io/profile", "pod-security.kubernetes.io/enforce"


@pytest.mark.parametrize(
    ("name", "labels", "result", "sentence"),
    [
        (
            "shop",
            {PROFILE: "defualt"},
            "problem",
            "there is no profile defualt; did you mean default? (known: default, isolated)",
        ),
        ("shop", {PROFILE: "isolated"}, "problem", "profile isolated is given by name only"),
        ("shop", {INJECT: "yes"}, "problem", 'richpod.io/inject is "yes": write "true" or "false"'),
        ("shop", {"richpod.io/injct": "true"}, "problem", "the label richpod.io/injct is not known; did you mean inject?"),
        ("kube-system", {INJECT: "true"}, "warning", "asks for pods to be treated, and is excluded"),
        ("payments", {PROFILE: "default"}, "warning", "asks for profile default, and belongs to profile isolated"),
        ("payments", {INJECT: "false"}, "warning", "opts out, which means nothing: profile isolated is required there"),
    ],
)
def test_a_label_that_means_nothing_is_named(name: str, labels: dict[str, str], result: str, sentence: str) -> None:
    ((found, said_),) = said("labels", facts(namespaces=[namespace(name, **labels)]))
    assert found == result
    assert said_ in (f"namespace {name}: {sentence}", f"namespace {name} {sentence}")


@pytest.mark.parametrize(
    ("key", "value", "fix"),
    [
        ("richpod.io/lxcfs", "true", "kubectl annotate namespace shop richpod.io/lxcfs-"),
        (INJECT, "Off", f"kubectl annotate namespace shop {INJECT}-; {LABEL} {INJECT}=false"),
        (PROFILE, "default", f"kubectl annotate namespace shop {PROFILE}-; {LABEL} {PROFILE}=default"),
        (PROFILE, "isolated", f"kubectl annotate namespace shop {PROFILE}-"),
        (PROFILE, "a; b", f"kubectl annotate namespace shop {PROFILE}-"),
    ],
)
def test_an_annotation_in_the_wrong_place_is_named(key: str, value: str, fix: str) -> None:
    misplaced = namespace("shop")
    misplaced["metadata"]["annotations"] = {key: value}
    (finding,) = line("labels", facts(namespaces=[misplaced])).findings
    assert (finding.result, finding.fix) == ("problem", fix)
    assert finding.sentence.startswith(f"namespace shop: {key} does nothing here: it is ")


REMOVE = "kubectl label namespace shop --overwrite richpod.io/profile-"
BY_NAME = f"add shop to profiles.isolated.namespaces of the policy, and remove the label: {REMOVE}"


@pytest.mark.parametrize(
    ("name", "labels"),
    [("shop", {INJECT: "false"}), ("kube-public", {}), ("payments", {})],
    ids=["opted-out", "excluded", "owned"],
)
def test_an_annotation_overrides_no_label_and_opts_in_nothing_that_labels_cannot(name: str, labels: dict[str, str]) -> None:
    misplaced = namespace(name, **labels)
    misplaced["metadata"]["annotations"] = {INJECT: "true"}
    fixes = [finding.fix for finding in line("labels", facts(namespaces=[misplaced])).findings]
    assert fixes == [f"kubectl annotate namespace {name} {INJECT}-"]


@pytest.mark.parametrize(
    ("name", "labels", "removed"),
    [
        ("kube-public", {INJECT: "true", PROFILE: "default"}, "richpod.io/inject- richpod.io/profile-"),
        ("payments", {PROFILE: "default"}, "richpod.io/profile-"),
        ("payments", {INJECT: "false"}, "richpod.io/inject-"),
    ],
)
def test_a_label_that_cannot_have_a_meaning_there_is_removed(name: str, labels: dict[str, str], removed: str) -> None:
    (finding,) = line("labels", facts(namespaces=[namespace(name, **labels)])).findings
    assert finding.fix == f"kubectl label namespace {name} --overwrite {removed}"


@pytest.mark.parametrize(
    ("labels", "fix"),
    [
        ({PROFILE: "defualt"}, f"{LABEL} richpod.io/profile=default"),
        ({PROFILE: "x"}, f"{LABEL} richpod.io/profile=NAME"),
        ({PROFILE: "isolated"}, BY_NAME),
        ({PROFILE: "isolatd"}, BY_NAME),
        ({INJECT: "yes"}, f"{LABEL} richpod.io/inject=true"),
        ({INJECT: "off"}, f"{LABEL} richpod.io/inject=false"),
        ({"richpod.io/injct": "true"}, f"{LABEL} richpod.io/injct- richpod.io/inject=true"),
        ({"richpod.io/zebra": "true"}, f"{LABEL} richpod.io/zebra-"),
    ],
)
def test_what_is_wrong_has_what_sets_it_right(labels: dict[str, str], fix: str) -> None:
    (finding,) = line("labels", facts(namespaces=[namespace("shop", **labels)])).findings
    assert finding.fix == fix


def test_a_namespace_that_opted_in_and_that_no_entry_sees() -> None:
    held = configured(POLICY)
    held["webhooks"] = [entry for entry in held["webhooks"] if ".inject." not in entry["name"]]
    found = facts(configuration=held)
    assert said("selectors", found) == [("problem", "namespace shop opted in, and no entry sees it")]
    opted_out = replace(found, namespaces=[namespace("shop", **{INJECT: "false", PROFILE: "default"}), namespace("default")])
    assert line("selectors", opted_out).result == "ok"


def test_a_namespace_that_two_entries_see() -> None:
    held = configured(POLICY)
    held["webhooks"].append({**held["webhooks"][0], "name": "twice", "namespaceSelector": {"matchLabels": {INJECT: "true"}}})
    ((result, sentence),) = said("selectors", facts(configuration=held))
    assert result == "problem"
    assert sentence == "namespace shop is seen by more than one entry: privileged.default.inject.richpod.io, twice"


def test_previews_are_no_second_entry() -> None:
    assert said("selectors", facts()) == [("ok", "2 namespaces are seen, each by one entry")]


def test_one_namespace_for_each_entry_that_changes_pods_is_tried() -> None:
    policy = parse("profiles: {web: {}}")
    there = [
        namespace("default"),
        namespace("a", **{INJECT: "true"}),
        namespace("b", **{INJECT: "true"}),
        namespace("c", **{INJECT: "true", ENFORCE: "restricted"}),
        namespace("d", **{PROFILE: "web"}),
        namespace("e", **{PROFILE: "unknown"}),
        namespace("f", **{INJECT: "false", PROFILE: "web"}),
    ]
    assert one_of_each(there, policy) == ["a", "c", "d"]
