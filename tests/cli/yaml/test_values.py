"""What YAML means to Kubernetes; every expectation was seen from sigs.k8s.io/yaml 1.6."""

from typing import Any

import pytest

from webhook.cli.yaml.tree import Unreadable, compose
from webhook.cli.yaml.values import ALIAS_BUDGET, values


def read(text: str) -> Any:
    return values(compose(text), len(text))


@pytest.mark.parametrize(
    ("written", "value"),
    [
        *((word, True) for word in ("y", "Y", "yes", "on", "On", "TRUE", "true")),
        *((word, False) for word in ("n", "N", "no", "Off", "FALSE", "false")),
        *((word, None) for word in ("", "~", "null", "Null")),
        *((word, word) for word in ("tRue", "nULL", "Infinity", "nan", "=", "2020-01-01", "2020-01-01T00:00:00Z")),
        *((word, word) for word in ("12:30:45", "190:20", "0x", "0b", "1e", "1e+", "0x1p3", "1.2.3", "+.", "--", "_1")),
        ("0644", 420),
        ("0o17", 15),
        ("08", 8),
        ("0x1F", 31),
        ("0b101", 5),
        ("-0x1f", -31),
        ("+12", 12),
        ("1_000", 1000),
        ("1e3", 1000),
        ("1.0", 1),
        (".5", 0.5),
        ("1e-3", 0.001),
        ("18446744073709551615", 18446744073709551615),
        ("18446744073709551616", 18446744073709551616.0),
        ('"0644"', "0644"),
        ("'yes'", "yes"),
        ("!!str 1", "1"),
        ("! 12", "12"),
        ("!!int '5'", 5),
        ("!!float 3", 3),
        ("!!timestamp 2020-01-01", "2020-01-01"),
        ("!!binary aGVsbG8=", "hello"),
        ("!local text", "text"),
        ("!local {b: 1}", {"b": 1}),
        ("|\n  text\n", "text\n"),
    ],
)
def test_a_scalar_is_what_kubernetes_sees(written: str, value: Any) -> None:
    found = read(f"a: {written}")["a"]
    assert (type(found), found) == (type(value), value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1: a", {"1": "a"}),
        ("on: a", {"true": "a"}),
        ("y: a", {"true": "a"}),
        ("1.5: a", {"1.5": "a"}),
        ("0x10: a", {"16": "a"}),
        ("2020-01-01: a", {"2020-01-01": "a"}),
        ("&k a: b\nc: *k", {"a": "b", "c": "a"}),
    ],
)
def test_keys_become_strings(text: str, value: Any) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("<<: {a: 1}\nb: 2", {"a": 1, "b": 2}),
        ("<<: {a: 1}\na: 2", {"a": 2}),
        ("a: 2\n<<: {a: 1}", {"a": 1}),
        ("<<: [{a: 1}, {a: 2, b: 3}]", {"a": 1, "b": 3}),
        ('"<<": {a: 1}', {"<<": {"a": 1}}),
    ],
)
def test_a_merge_key_acts_where_it_stands(text: str, value: Any) -> None:
    assert read(text) == value


def test_aliases_become_values_of_their_own() -> None:
    data = read("a: &x {b: []}\nc: *x")
    data["a"]["b"].append(1)
    assert data["c"] == {"b": []}


@pytest.mark.parametrize(
    ("text", "line", "sentence"),
    [
        ("a: 1\nb: 2\na: 3", 3, "the key a stands twice in one map"),
        ("1: a\n'1': b", 2, "the key 1 stands twice in one map"),
        ("~: a", 1, "a key must be a string"),
        ("? [a]\n: b", 1, "a key must be a string"),
        ("a: .nan", 1, ".nan is not a number in JSON"),
        ("a: -.inf", 1, "-.inf is not a number in JSON"),
        ("a: !!int x", 1, "'x' is no !!int"),
        ("a: !!binary x", 1, "!!binary needs base64"),
        ("<<: [1]", 1, "a merge key (<<) needs a map"),
    ],
)
def test_what_kubernetes_refuses_has_a_line_and_a_reason(text: str, line: int, sentence: str) -> None:
    with pytest.raises(Unreadable) as caught:
        read(text)
    assert caught.value.line == line
    assert caught.value.sentence.startswith(sentence)


def test_a_bomb_of_aliases_is_bounded() -> None:
    """Nine lines that mean nine thousand million strings (requirement 73)."""
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in zip("abcdefghi", "bcdefghij", strict=True)
    )
    with pytest.raises(Unreadable, match="aliases make this document too large"):
        read(bomb)


def test_a_chain_of_aliases_is_not_deeper_than_brackets_may_be() -> None:
    chain = "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 300))
    with pytest.raises(Unreadable, match="nested more than"):
        read(chain)


def test_ordinary_aliases_are_far_below_the_bound() -> None:
    assert len(read("a: &a [" + "x, " * 999 + "x]\n" + "".join(f"b{i}: *a\n" for i in range(ALIAS_BUDGET // 1002)))) == 100
