"""A text is changed where the data changes, and nowhere else."""

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cli.yaml.test_text import DATA, STYLES, TEXT
from webhook.cli.yaml.edit import edited, same
from webhook.cli.yaml.text import block_lines, flow, json_lines
from webhook.cli.yaml.tree import compose
from webhook.cli.yaml.values import values


def read(text: str) -> Any:
    return values(compose(text), len(text))


def change(text: str, *additions: tuple[tuple[str | int, ...], Any]) -> str:
    """The text with values added: a path that ends in a key sets it, one that ends in -1 appends, one in 0 goes first."""
    after = deepcopy(read(text))
    for path, value in additions:
        *parents, last = path
        holder = after
        for part in parents:
            holder = holder[part]
        if isinstance(holder, list):
            holder.insert(len(holder) if last == -1 else 0, value)
        else:
            holder[last] = value
    changed, in_place = edited(text, after)
    assert in_place
    assert same(read(changed), after)
    return changed


@pytest.mark.parametrize(
    ("text", "addition", "changed"),
    [
        ("a: 1\n", (("b",), 2), "a: 1\nb: 2\n"),
        ("a: 1", (("b",), 2), "a: 1\nb: 2"),
        ("a: 1 # why\n# end\n", (("b",), 2), "a: 1 # why\nb: 2\n# end\n"),
        ("a: 1\n\n\n", (("b",), 2), "a: 1\nb: 2\n\n\n"),
        ("a: 1\n...\n", (("b",), 2), "a: 1\nb: 2\n...\n"),
        ("a: 1\r\nc: 3\r\n", (("b",), {"d": 4}), "a: 1\r\nc: 3\r\nb:\r\n  d: 4\r\n"),
        ("a:\n    b: 1\nc: 2\n", (("a", "d"), {"e": 3}), "a:\n    b: 1\n    d:\n        e: 3\nc: 2\n"),
        ("a: {b: 1}\n", (("a", "c"), "d"), "a: {b: 1, c: d}\n"),
        ("a: {b: 1,}\n", (("a", "c"), "d"), "a: {b: 1, c: d,}\n"),
        ("a: {}\n", (("a",), {"c": 1}), "a:\n  c: 1\n"),
        ("a: {} # none\nb: 1\n", (("a",), {"c": 1}), "a: # none\n  c: 1\nb: 1\n"),
        ("a:\nb: 1\n", (("a",), {"c": 1}), "a:\n  c: 1\nb: 1\n"),
        ("a: ~\nb: 1\n", (("a",), ["c"]), "a:\n  - c\nb: 1\n"),
        ("x:\n- 1\na: null\n", (("a",), ["c"]), "x:\n- 1\na:\n- c\n"),
        ("{a: null}\n", (("a",), {"b": 1}), "{a: {b: 1}}\n"),
        ("a: |\n  x\n\n# end\n", (("b",), 2), "a: |\n  x\nb: 2\n\n# end\n"),
        ("a: |+\n  x\n\nc: 1\n", (("b",), 2), "a: |+\n  x\n\nc: 1\nb: 2\n"),
        ("a:\n  c: |+\n    x\n\nd: 1\n", (("a", "b"), 2), "a:\n  c: |+\n    x\n\n  b: 2\nd: 1\n"),
        ("a: |\n  x", (("b",), 2), "a: |-\n  x\nb: 2"),
        ("a: >-\n  x\n  y", (("b",), 2), "a: >-\n  x\n  y\nb: 2"),
        ("a: b\n", (("a",), "c"), "a: c\n"),
        ('a: "b" # why\n', (("a",), "c"), 'a: "c" # why\n'),
        ("a: 'b'\n", (("a",), "it's"), "a: 'it''s'\n"),
        ("a: b\n", (("a",), "yes"), 'a: "yes"\n'),
        ("a: >-\n  b\nc: 1\n", (("a",), "d"), "a: d\nc: 1\n"),
    ],
)
def test_a_member_goes_behind_the_last_one(text: str, addition: tuple[tuple[str | int, ...], Any], changed: str) -> None:
    assert change(text, addition) == changed


@pytest.mark.parametrize(
    ("text", "addition", "changed"),
    [
        ("a:\n- x\nb: 1\n", (("a", -1), "w"), "a:\n- x\n- w\nb: 1\n"),
        ("a:\n  - x\nb: 1\n", (("a", 0), "w"), "a:\n  - w\n  - x\nb: 1\n"),
        ("a:\n  -   k: x\n", (("a", -1), {"k": "w", "m": 1}), "a:\n  -   k: x\n  -   k: w\n      m: 1\n"),
        ("a: # why\n  # this\n  - x\n", (("a", 0), "--"), 'a: # why\n  # this\n  - "--"\n  - x\n'),
        ("a: &x\n  - x\n", (("a", 0), "w"), "a: &x\n  - w\n  - x\n"),
        ("- - a\n  - b\n- c\n", ((0, 0), "x"), "- - x\n  - a\n  - b\n- c\n"),
        ("a: [x, w]\n", (("a", 0), "z"), "a: [z, x, w]\n"),
        ('a: ["x"]\n', (("a", 0), "z"), 'a: ["z", "x"]\n'),
        ("a: [x, ] # why\n", (("a", -1), {"k": "a:b"}), 'a: [x, {k: "a:b"}, ] # why\n'),
        ("a: [\n  x,\n  w\n]\n", (("a", -1), "z"), "a: [\n  x,\n  w,\n  z\n]\n"),
        ('{"a": ["x"]}', (("a", 0), "z"), '{"a": ["z", "x"]}'),
        ('{\n  "a": [\n    "x"\n  ]\n}\n', (("a", -1), {"k": 1}), '{\n  "a": [\n    "x",\n    {\n      "k": 1\n    }\n  ]\n}\n'),
        ('{\n  "a": null\n}\n', (("a",), ["x"]), '{\n  "a": [\n    "x"\n  ]\n}\n'),
        ('{\n\t"a": 1\n}\n', (("b",), 2), '{\n\t"a": 1,\n\t"b": 2\n}\n'),
    ],
)
def test_an_element_goes_first_or_last(text: str, addition: tuple[tuple[str | int, ...], Any], changed: str) -> None:
    assert change(text, addition) == changed


def test_what_goes_to_one_place_is_nested_rightly() -> None:
    text = "spec:\n  containers:\n  - name: a\n    ports:\n    - 80\n"
    additions = [(("spec", "volumes"), ["v"]), (("spec", "containers", 0, "mounts"), ["m"]), (("end",), 1)]
    assert change(text, *additions) == f"{text}    mounts:\n    - m\n  volumes:\n  - v\nend: 1\n"


def test_an_anchor_that_changes_changes_its_aliases() -> None:
    text = "a: &x [1]\nb: *x\n"
    assert change(text, (("a", -1), 2), (("b", -1), 2)) == "a: &x [1, 2]\nb: *x\n"


def test_an_alias_whose_anchor_changes_alone_is_written_out() -> None:
    assert change("a: &x [1]\nb: *x\n", (("a", -1), 2)) == "a: &x [1, 2]\nb:\n  - 1\n"


def test_an_alias_that_changes_alone_is_written_out() -> None:
    assert change("a: &x {k: v}\nb: *x # why\nc: [*x]\n", (("b", "l"), 1)) == "a: &x {k: v}\nb: # why\n  k: v\n  l: 1\nc: [*x]\n"


def test_what_a_merge_brings_is_overruled_by_a_member() -> None:
    text = "a: &x {k: [1]}\nb:\n  <<: *x\n  m: 1\n"
    assert change(text, (("b", "k", -1), 2)) == "a: &x {k: [1]}\nb:\n  <<: *x\n  m: 1\n  k:\n    - 1\n    - 2\n"


def test_what_a_merge_brings_newly_need_not_be_written() -> None:
    text = "a: &x {k: 1}\nb:\n  <<: *x\n  m: 1\n"
    assert change(text, (("a", "l"), 2), (("b", "l"), 2)) == "a: &x {k: 1, l: 2}\nb:\n  <<: *x\n  m: 1\n"


def test_a_text_that_cannot_be_changed_in_place_is_written_anew() -> None:
    text, in_place = edited("---\na: 1 # gone\nb: 2\n", {"b": 2})
    assert (text, in_place) == ("---\nb: 2\n", False)


def grown(data: Any, draw: st.DrawFn) -> Any:
    """More of the same, as a patch makes it: members and elements added, nothing taken away."""
    if isinstance(data, dict):
        more = draw(st.dictionaries(TEXT, DATA, max_size=2)) if draw(st.booleans()) else {}
        return {key: grown(value, draw) for key, value in data.items()} | {k: v for k, v in more.items() if k not in data}
    if isinstance(data, list):
        first, last = draw(st.lists(DATA, max_size=1)), draw(st.lists(DATA, max_size=1))
        return [*first, *(grown(value, draw) for value in data), *last]
    return data


@st.composite
def growths(draw: st.DrawFn) -> tuple[str, Any]:
    data = draw(st.dictionaries(TEXT, DATA, min_size=1, max_size=4))
    style = draw(STYLES)
    lines = draw(st.sampled_from([block_lines(data, style), json_lines(data, style), [flow(data)]]))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    return newline.join(lines) + draw(st.sampled_from(["", newline, f"{newline}# end"])), grown(data, draw)


@given(growths())
def test_the_changed_text_reads_as_the_changed_data(growth: tuple[str, Any]) -> None:
    text, after = growth
    assert same(read(edited(text, after).text), after)


@given(growths())
def test_nothing_changes_where_the_data_does_not(growth: tuple[str, Any]) -> None:
    text, _ = growth
    assert edited(text, read(text)) == (text, True)
