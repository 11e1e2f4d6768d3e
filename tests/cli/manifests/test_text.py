"""YAML as people like to read it."""

from hypothesis import example, given
from hypothesis.strategies import from_regex

from webhook.cli.manifests.manifest import Manifest
from webhook.cli.manifests.text import comment, document, documents
from webhook.cli.yaml.tree import compose
from webhook.cli.yaml.values import values


def test_order_stays_words_share_a_line_and_long_text_stands_as_it_is() -> None:
    value = {"b": ["x", "z"], "a": [{"c": 1}], "text": "one\ntwo\n"}
    assert document(value) == "b: [x, z]\na:\n- c: 1\ntext: |\n  one\n  two\n"


def test_what_is_said_twice_is_written_twice() -> None:
    same = {"k": "v"}
    assert document({"a": same, "b": same}) == "a:\n  k: v\nb:\n  k: v\n"


def test_what_yaml_would_read_otherwise_is_quoted() -> None:
    assert document({"v": ["true", "1.33", "no", ""]}) == "v: ['true', '1.33', 'no', '']\n"


@given(from_regex(r"[a-z0-9]([-a-z0-9]{0,3}[a-z0-9])?", fullmatch=True))
@example("1e3")
@example("5e12")
@example("0o17")
@example("y")
@example("n")
def test_every_name_of_kubernetes_stays_a_string_for_kubectl(name: str) -> None:
    """Whose YAML has more numbers and booleans than PyYAML's."""
    assert values(compose(document({name: [name]})), 100) == {name: [name]}


def test_comments_stand_above_their_object() -> None:
    assert documents([Manifest({"a": 1}, "Why."), Manifest({"b": 2})]) == "# Why.\na: 1\n---\nb: 2\n"


def test_long_comments_are_wrapped() -> None:
    assert all(line.startswith("# ") and len(line) <= 120 for line in comment("word " * 100).splitlines())
