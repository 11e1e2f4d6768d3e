"""Whose workloads are previewed: those of exactly the namespaces whose pods would be seen."""

import re
from itertools import product

import pytest

from tests.admission.test_entries import INJECTS, LEVELS, NAMESPACES, POLICIES, PROFILES, labels
from webhook.admission.entries import entries
from webhook.admission.preview_entries import KINDS, preview_entries

DEFAULT = POLICIES["the default policy"]


@pytest.mark.parametrize("name", POLICIES)
def test_exactly_the_namespaces_that_an_entry_for_pods_selects_get_previews_of_its_profile_and_level(name: str) -> None:
    """Whatever a pod's labels say: nobody knows them before the template is read."""
    pods, previews = entries(POLICIES[name]), preview_entries(POLICIES[name])
    for where, inject, profile, level in product(NAMESPACES, INJECTS, PROFILES, LEVELS):
        namespace = labels(name=where, inject=inject, profile=profile, enforce=level)
        seen = {(e.profile, e.level) for e in pods for pod in INJECTS if e.matches(namespace, labels(inject=pod))}
        found = [(e.profile, e.level) for e in previews if e.matches(namespace, {})]
        assert len(found) == len(set(found)) == len(seen), namespace
        assert set(found) == seen, namespace


@pytest.mark.parametrize("name", POLICIES)
def test_a_preview_never_holds_anybody_up(name: str) -> None:
    for entry in preview_entries(POLICIES[name]):
        assert (entry.failure_policy, entry.timeout_seconds, entry.reinvocation_policy) == ("Ignore", 1, "Never")


def test_workloads_that_people_write_are_previewed_when_they_are_created_and_changed() -> None:
    rules = {rule.group: rule for rule in preview_entries(DEFAULT)[0].rules}
    assert rules["apps"].resources == ("deployments", "statefulsets", "daemonsets")
    assert rules["batch"].resources == ("jobs", "cronjobs")
    assert {rule.operations for rule in rules.values()} == {("CREATE", "UPDATE")}
    assert rules.keys() == KINDS.keys()


@pytest.mark.parametrize("name", POLICIES)
def test_labels_of_a_workload_select_nothing(name: str) -> None:
    """They are not its pods'."""
    assert {entry.pod for entry in preview_entries(POLICIES[name])} == {()}


def test_where_pods_opt_in_one_by_one_only_templates_that_do_are_sent() -> None:
    policy = POLICIES["pods may opt in"]
    asking = {e.name for e in preview_entries(policy) if "the-pod-asks" in [condition.name for condition in e.conditions]}
    assert asking == {f"preview.{level}.default.pod.richpod.io" for level in LEVELS if level}


@pytest.mark.parametrize("name", POLICIES)
def test_r52_names_are_valid_unique_among_all_entries_and_stable(name: str) -> None:
    pods, previews = entries(POLICIES[name]), preview_entries(POLICIES[name])
    assert [entry.name for entry in previews] == [f"preview.{entry.name}" for entry in pods]
    names = [entry.name for entry in (*pods, *previews)]
    assert len(set(names)) == len(names)
    assert all(len(name) <= 253 for name in names)


@pytest.mark.parametrize("name", POLICIES)
def test_paths_are_what_the_api_server_accepts_and_none_that_pods_use(name: str) -> None:
    paths = {entry.path for entry in preview_entries(POLICIES[name])}
    assert all(re.fullmatch(r"/preview(/[a-z0-9]([-a-z0-9]*[a-z0-9])?){1,2}", path) for path in paths)
    assert not paths & {entry.path for entry in entries(POLICIES[name])}
