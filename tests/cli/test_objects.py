"""Namespaces among the manifests: what they are called, how they are labelled, and what is odd about it."""

import pytest

from webhook.cli.documents import files
from webhook.cli.objects import namespaces

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n"


def test_namespaces_are_found_in_lists_too() -> None:
    listed = "---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Namespace, metadata: {name: other}}]\n"
    assert namespaces(files([("x.yaml", NAMESPACE + listed)])) == ({"shop": {"team": "a"}, "other": {}}, [])


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
