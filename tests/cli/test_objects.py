"""Objects beside the pods: Namespaces, and what only looks like a workload."""

import pytest

from webhook.cli.documents import files
from webhook.cli.objects import namespaces, unknown_versions
from webhook.errors import BadInput

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n"


def test_namespaces_are_found_in_lists_too() -> None:
    listed = "---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Namespace, metadata: {name: other}}]\n"
    assert namespaces(files([("x.yaml", NAMESPACE + listed)])) == ({"shop": {"team": "a"}, "other": {}}, [])


def test_a_label_without_quotes_is_an_error_with_its_line() -> None:
    """The most common slip: `richpod.io/inject: true` is no string, and the API server refuses it."""
    with pytest.raises(
        BadInput, match=r"^x\.yaml:3: document 1: metadata\.labels\[richpod\.io/inject\] is true or false .*quote it"
    ):
        namespaces(files([("x.yaml", NAMESPACE.replace("team: a", "richpod.io/inject: true"))]))


@pytest.mark.parametrize(
    ("metadata", "sentence"),
    [
        ('annotations: {richpod.io/inject: "true"}', "richpod.io/inject is a label, not an annotation"),
        ("annotations: {richpod.io/profile: web}", "richpod.io/profile is a label, not an annotation"),
        ("labels: {richpod.io/init: launch}", "richpod.io/init is an annotation of pods, not a label of namespaces"),
        ('labels: {richpod.io/inject: "yes"}', 'richpod.io/inject is "yes": write "true" or "false"'),
    ],
)
def test_what_stands_in_the_wrong_place_is_noted(metadata: str, sentence: str) -> None:
    _, notes = namespaces(files([("x.yaml", NAMESPACE.replace("labels: {team: a}", metadata))]))
    assert notes == [f"Namespace shop (x.yaml#1): {sentence}"]


def test_a_kind_in_a_version_that_has_it_not_is_noted() -> None:
    text = "apiVersion: v1\nkind: Deployment\n---\nkind: Pod\n---\napiVersion: argoproj.io/v1\nkind: Rollout\n---\nkind: [Pod]\n"
    assert unknown_versions(files([("x.yaml", text)])) == [
        "Deployment (x.yaml#1): apiVersion v1 has no such workload; left as it is",
        "Pod (x.yaml#2): apiVersion None has no such workload; left as it is",
    ]
