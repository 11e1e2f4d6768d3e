"""What is written reads as the same data again, whatever it holds."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.cli.yaml.edit import same
from webhook.cli.yaml.text import Style, block_lines, flow, inline, json_lines, quoted, style_of
from webhook.cli.yaml.tree import compose
from webhook.cli.yaml.values import values

TREACHEROUS = (
    *(
        "y",
        "No",
        "0644",
        "1e3",
        "0x1F",
        "12:30",
        "2020-01-01",
        "~",
        "null",
        "=",
        "<<",
        ".inf",
        "a: b",
        "a:",
        "a #b",
        "#",
        "- a",
        "-",
    ),
    *(
        "--",
        "---",
        "...",
        "{}",
        "[",
        "'",
        '"',
        "'\"",
        "*a",
        "&a",
        "!a",
        "%a",
        "@a",
        "`",
        "|",
        ">",
        "?",
        "? a",
        ",",
        "a,b",
        ":",
        "::",
    ),
    *(
        "",
        " ",
        " a",
        "a ",
        "a\n",
        "\t",
        "\x00",
        "\x1b[1m",
        "\x7f",
        "\x85",
        "\u2028",
        "\ufeff",
        "é😀",
        "http://x/?a=1,2",
        "$(VAR)",
    ),
)
TEXT = st.sampled_from(TREACHEROUS) | st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
INTEGERS = st.integers(-(2**63), 2**64 - 1)
DATA = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=15,
)
STYLES = st.builds(
    Style, newline=st.just("\n"), step=st.integers(1, 4), offset=st.integers(0, 4), dash=st.integers(2, 4), json=st.just(False)
)


def read(text: str) -> Any:
    return values(compose(text), len(text))


@given(DATA, STYLES)
def test_every_form_reads_as_what_it_was_made_of(data: Any, style: Style) -> None:
    assert same(read(flow(data)), data)
    assert same(read(quoted(data)), data)
    assert same(read("\n".join(json_lines(data, style))), data)
    if isinstance(data, dict | list) and data:
        assert same(read("\n".join(block_lines(data, style))), data)


@pytest.mark.parametrize("text", TREACHEROUS)
def test_a_string_stays_a_string(text: str) -> None:
    for written in (f"a: {inline(text)}", f"a: {flow(text)}", f"- {inline(text)}", f"{{a: {flow(text)}}}", f"[{flow(text)}]"):
        assert text in (read(written) if isinstance(read(written), list) else read(written).values())


@pytest.mark.parametrize("text", ["/.richpod/bin/launch", "ghcr.io/richpod/richpod-toolkit:0.1.0", "500m", "richpod.io/status"])
def test_plain_words_need_no_quotes(text: str) -> None:
    assert inline(text) == text


@pytest.mark.parametrize(
    ("text", "style"),
    [
        ("a:\n  b: c\n", Style(step=2)),
        ("a:\n    b: c\n", Style(step=4)),
        ("a:\n- b: c\n", Style(offset=0)),
        ("a:\n  - b: c\n", Style(offset=2)),
        ("a:\n-   b: c\n", Style(offset=0, dash=4)),
        ("a:\r\n  b: c\r\n", Style(newline="\r\n")),
        ("a: {b: c}\n", Style()),
        ('{\n   "a": {\n      "b": 1\n   }\n}', Style(step=3, json=True)),
    ],
)
def test_the_style_is_that_of_the_text(text: str, style: Style) -> None:
    root = compose(text)
    assert root is not None
    assert style_of(root, text) == style
