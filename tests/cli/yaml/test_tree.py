"""YAML text as a tree: where things stand, and what is refused before it can do harm."""

import pytest

from webhook.cli.yaml.tree import DEPTH_LIMIT, Alias, Mapping, Scalar, Sequence, Unreadable, compose


def test_a_value_knows_where_it_stands() -> None:
    text = 'a: 1\nb:\n  - "x"  # why\n'
    root = compose(text)
    assert isinstance(root, Mapping)
    _, sequence = root.pairs[1]
    assert isinstance(sequence, Sequence)
    (item,) = sequence.items
    assert (item.line, item.column, text[item.start : item.end]) == (3, 4, '"x"')


def test_an_alias_stays_an_alias() -> None:
    root = compose("a: &x [1]\nb: *x\n")
    assert isinstance(root, Mapping)
    (_, first), (_, second) = root.pairs
    assert isinstance(second, Alias)
    assert second.target is first


@pytest.mark.parametrize("text", ["", "# only a comment\n", "---\n"])
def test_a_text_may_hold_nothing(text: str) -> None:
    root = compose(text)
    assert root is None or (isinstance(root, Scalar) and root.text == "")


def test_json_escapes_of_characters_beyond_the_first_plane_are_read() -> None:
    root = compose('{"a": "\\ud83d\\ude80 \\/", "b": 1}')
    assert isinstance(root, Mapping)
    (_, rocket), (_, one) = root.pairs
    assert isinstance(rocket, Scalar)
    assert rocket.text == "🚀 /"
    assert one.start == len('{"a": "\\ud83d\\ude80 \\/", "b": ')


def test_a_lone_surrogate_becomes_a_replacement_character_as_in_kubernetes() -> None:
    root = compose('{"a": "\\ud83d"}')
    assert isinstance(root, Mapping)
    value = root.pairs[0][1]
    assert isinstance(value, Scalar)
    assert value.text == "\N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("a: b\n\tc: d\n", 2, "not YAML: "),
        ("a: 'b\n", 2, "not YAML: "),
        ("a: b\nc: \x00\n", 2, "not YAML: the control character U+0000"),
        ("a: b\nc: \x1b[31m\n", 2, "not YAML: the control character U+001B"),
        ("a: b\nc: *x\n", 2, "the alias *x has no anchor before it"),
        ("a: &x\n  - *x\n", 2, "the alias *x stands inside the value it names"),
        ("a: b\n...\nc: d\n", 3, "not YAML: "),
        ("a: b\n---\nc: d\n", 2, "another document begins here"),
    ],
)
def test_what_cannot_be_read_has_a_line_and_a_reason(text: str, line: int, sentence: str) -> None:
    with pytest.raises(Unreadable) as caught:
        compose(text)
    assert caught.value.line == line
    assert caught.value.sentence.startswith(sentence)


@pytest.mark.parametrize("text", ["[" * 100_000, "- " * 100_000, '{"a":' * 100_000, "? " * 100_000])
def test_no_nesting_overflows_a_stack(text: str) -> None:
    """Requirement 73. PyYAML's own composer ends the process here."""
    with pytest.raises(Unreadable, match=f"nested more than {DEPTH_LIMIT} levels deep"):
        compose(text)


def test_what_is_deep_but_not_too_deep_is_read() -> None:
    assert compose("[" * DEPTH_LIMIT + "]" * DEPTH_LIMIT) is not None
