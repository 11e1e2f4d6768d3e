"""Namespaces among the manifests: what they are called, how they are labelled, and what is odd about it."""

from webhook.cli.documents import files
from webhook.cli.objects import namespaces

NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {team: a}}\n"


def test_namespaces_are_found_in_lists_too() -> None:
    listed = "---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: Namespace, metadata: {name: other}}]\n"
    assert namespaces(files([("x.yaml", NAMESPACE + listed)])) == ({"shop": {"team": "a"}, "other": {}}, [])


def test_what_is_odd_about_one_is_noted() -> None:
    _, notes = namespaces(files([("x.yaml", NAMESPACE.replace("team: a", 'richpod.io/inject: "yes"'))]))
    assert notes == ['Namespace shop (x.yaml#1): richpod.io/inject is "yes": write "true" or "false"']
