"""Data written as YAML or JSON text, in the style of a text that is there already."""

import re
from collections.abc import Iterator
from json import dumps
from typing import Any, NamedTuple

from webhook.cli.yaml.tree import Mapping, Node, Sequence
from webhook.cli.yaml.values import plain

Json = Any


class Style(NamedTuple):
    """`step`: columns from a block map to a map in it; `offset`: to the dashes of a list; `dash`: from a dash to its value."""

    newline: str = "\n"
    step: int = 2
    offset: int = 2
    dash: int = 2
    json: bool = False


def style_of(root: Node, text: str) -> Style:
    """The style of the first places of a document that show one."""
    seen = {name: width for node in _collections(root) for name, width in _widths(node)}
    newline = "\r\n" if "\r\n" in text else "\n"
    json = isinstance(root, Mapping) and root.flow and bool(root.pairs) and text[root.pairs[0][0].start] == '"'
    return Style(newline, seen.get("step", 2), seen.get("offset", 2), seen.get("dash", 2), json)


def _collections(root: Node) -> list[Mapping | Sequence]:
    """Every list and map, the later ones first, so that the first one has the last word."""
    found: list[Mapping | Sequence] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            waiting += [value for _, value in reversed(node.pairs)]
            found.append(node)
        elif isinstance(node, Sequence):
            waiting += reversed(node.items)
            found.append(node)
    return found[::-1]


def _widths(node: Mapping | Sequence) -> Iterator[tuple[str, int]]:
    """What the children of one collection show of `Style`."""
    if isinstance(node, Sequence):
        if not node.flow and node.anchor is None and 2 <= node.items[0].column - node.column <= 8:
            yield "dash", node.items[0].column - node.column
        return
    for key, value in node.pairs:
        if isinstance(value, Mapping) and value.pairs and value.flow == node.flow:
            first = value.pairs[0][0]
            if first.line > key.line and 1 <= first.column - key.column <= 8:
                yield "step", first.column - key.column
        elif isinstance(value, Sequence) and not value.flow and value.anchor is None and value.line > key.line:
            yield "offset", value.column - key.column


DEFAULT = Style()


def block_lines(value: Json, style: Style = DEFAULT) -> list[str]:
    """A non-empty map or list in block style: lines without line ends, the outermost at column 0."""
    lines = []
    if isinstance(value, dict):
        for key, member in value.items():
            if isinstance(member, dict | list) and member:
                width = style.step if isinstance(member, dict) else style.offset
                lines += [f"{inline(key)}:", *_indented(block_lines(member, style), width)]
            else:
                lines.append(f"{inline(key)}: {inline(member)}")
    else:
        for element in value:
            first, *rest = block_lines(element, style) if isinstance(element, dict | list) and element else [inline(element)]
            lines += ["-" + " " * (style.dash - 1) + first, *_indented(rest, style.dash)]
    return lines


def _indented(lines: list[str], width: int) -> list[str]:
    return [" " * width + line for line in lines]


# Without quotes where nothing in it could mean something else, in YAML or to people.
_UNQUOTED = re.compile(r"(?!\.\.\.)[A-Za-z0-9_./](?:[A-Za-z0-9_./@$+=~,()-]|:(?! )| (?! ))*(?<![: ])")


def inline(value: Json) -> str:
    """A scalar, or an empty list or map, on one line of block style."""
    return _string(value) if isinstance(value, str) else quoted(value)


def flow(value: Json) -> str:
    """YAML in flow style, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(member)}" for key, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    return _string(value, ",:") if isinstance(value, str) else quoted(value)


def _string(text: str, forbidden: str = "") -> str:
    if _UNQUOTED.fullmatch(text) and plain(text) == text and not any(c in text for c in forbidden):
        return text
    return f"'{text}'" if '"' in text and "'" not in text and text.isprintable() else quoted(text)


def quoted(value: Json) -> str:
    """JSON on one line."""
    return _escaped(dumps(value, ensure_ascii=False))


def json_lines(value: Json, style: Style) -> list[str]:
    """Indented JSON."""
    return _escaped(dumps(value, ensure_ascii=False, indent=style.step)).split("\n")


def _escaped(json: str) -> str:
    """What YAML does not take as it is: control characters that JSON does, and line separators."""
    if json.isprintable() or (json.isascii() and "\x7f" not in json):
        return json
    return "".join(c if c.isprintable() or c == "\n" or ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in json)
