"""The MutatingWebhookConfiguration: rules, selectors and names (requirements 50 to 52)."""

import pytest

from tests.cli.manifests.conftest import SORTS, Json, Render
from webhook.admission.entries import entries
from webhook.admission.preview_entries import preview_entries
from webhook.policy.file import parse


@pytest.fixture
def webhooks(render: Render) -> list[Json]:
    found: list[Json] = render(SORTS)["MutatingWebhookConfiguration", "richpod"]["webhooks"]
    return found


def for_pods(webhooks: list[Json]) -> list[Json]:
    return [webhook for webhook in webhooks if not webhook["name"].startswith("preview.")]


def test_every_entry_for_pods_and_every_preview_is_there_in_order(webhooks: list[Json]) -> None:
    policy = parse(SORTS)
    expected = [(entry.name, entry.path) for entry in (*entries(policy), *preview_entries(policy))]
    assert [(webhook["name"], webhook["clientConfig"]["service"]["path"]) for webhook in webhooks] == expected


def test_r31_r50_the_rule_for_pods_is_exactly_this(webhooks: list[Json]) -> None:
    rule = {"operations": ["CREATE"], "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "scope": "Namespaced"}
    for webhook in for_pods(webhooks):
        assert webhook["rules"] == [rule]
        assert webhook["timeoutSeconds"] <= 5
        assert webhook["reinvocationPolicy"] == "IfNeeded"


def test_r50_no_entry_leaves_to_a_default_what_matters(webhooks: list[Json]) -> None:
    for webhook in webhooks:
        assert (webhook["matchPolicy"], webhook["sideEffects"]) == ("Equivalent", "None")
        assert webhook["admissionReviewVersions"] == ["v1"]
        required = webhook["clientConfig"]["service"]["path"].startswith(("/mutate/secure/", "/mutate/isolated/"))
        assert webhook["failurePolicy"] == ("Fail" if required else "Ignore")


def test_previews_cost_nobody_more_than_a_second(webhooks: list[Json]) -> None:
    previews = [webhook for webhook in webhooks if webhook not in for_pods(webhooks)]
    assert previews
    assert {webhook["timeoutSeconds"] for webhook in previews} == {1}
    assert {webhook["reinvocationPolicy"] for webhook in previews} == {"Never"}


def test_r51_entries_for_pods_need_no_match_conditions(webhooks: list[Json]) -> None:
    """Selectors cost nothing and cannot fail. Those of the previews are judged by a real API server (tests/cluster)."""
    assert all("matchConditions" not in webhook for webhook in for_pods(webhooks))
    assert all(len(webhook.get("matchConditions", ())) <= 64 for webhook in webhooks)


def test_r52_names_are_unique_and_in_a_stable_order(webhooks: list[Json], render: Render) -> None:
    names = [webhook["name"] for webhook in webhooks]
    assert len(set(names)) == len(names)
    assert all(name.count(".") >= 2 and not name.endswith(".static.k8s.io") for name in names)
    again = render(SORTS)["MutatingWebhookConfiguration", "richpod"]["webhooks"]
    assert [webhook["name"] for webhook in again] == names


def test_no_authority_is_written_down(webhooks: list[Json]) -> None:
    """Else every apply would take away what the certificates' controller has written."""
    assert all("caBundle" not in webhook["clientConfig"] for webhook in webhooks)


def test_r45_selectors_exclude_the_systems_namespaces(webhooks: list[Json]) -> None:
    for webhook in webhooks:
        by_name = webhook["namespaceSelector"]["matchExpressions"][0]
        assert by_name["key"] == "kubernetes.io/metadata.name"
        system = {"kube-system", "kube-public", "kube-node-lease", "richpod-system", "richpod-lxcfs", "infra"}
        named = set(by_name["values"])
        assert system <= named if by_name["operator"] == "NotIn" else not system & named


def test_a_selector_says_nothing_about_values_where_there_are_none(webhooks: list[Json]) -> None:
    """The API server refuses Exists with values, and NotIn without."""
    for webhook in webhooks:
        for expression in webhook["namespaceSelector"]["matchExpressions"]:
            assert ("values" in expression) == (expression["operator"] in ("In", "NotIn"))
