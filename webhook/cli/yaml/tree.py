"""YAML text as a tree that knows where each value stands: aliases stay aliases, and nothing is interpreted yet.

Built from libyaml's events and without recursion, so that no nesting, however deep, overflows a stack. JSON is read as the flow
style of YAML that it is.
"""

import re
from collections.abc import Iterator
from typing import Any

import yaml

DEPTH_LIMIT = 200
"""Nested lists and maps (requirement 73); a pod needs about fifteen."""


class Unreadable(Exception):
    """`line` counts from 1 in the text that was read."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line, self.sentence = line, sentence


class Node:
    """A value, from `start` up to `end` in the text; both are equal for an empty one. `line` counts from 1, `column` from 0."""

    __slots__ = ("anchor", "column", "end", "line", "start", "tag")

    def __init__(self, event: Any) -> None:
        mark = event.start_mark
        self.start: int = mark.index
        self.end: int = event.end_mark.index
        self.line: int = mark.line + 1
        self.column: int = mark.column
        self.anchor: str | None = event.anchor
        self.tag: str | None = getattr(event, "tag", None)


class Scalar(Node):
    """`style` is "" for a plain scalar, else its first character: a quote, "|" or ">"."""

    __slots__ = ("style", "text")

    def __init__(self, event: Any, text: str) -> None:
        super().__init__(event)
        self.text = text
        self.style: str = event.style or ""


class Alias(Node):
    __slots__ = ("target",)

    def __init__(self, event: Any, target: Node) -> None:
        super().__init__(event)
        self.anchor = None
        self.target = target


class Sequence(Node):
    __slots__ = ("flow", "items")

    def __init__(self, event: Any) -> None:
        super().__init__(event)
        self.flow: bool = event.flow_style
        self.items: list[Node] = []


class Mapping(Node):
    __slots__ = ("flow", "pairs")

    def __init__(self, event: Any) -> None:
        super().__init__(event)
        self.flow: bool = event.flow_style
        self.pairs: list[tuple[Node, Node]] = []


def compose(text: str) -> Node | None:
    """The one document of a text; None where there is none. Raises Unreadable."""
    try:
        return _compose(text)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise Unreadable(mark.line + 1 if mark else 1, f"not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.encode()[: error.position].count(b"\n") + 1
        raise Unreadable(line, f"not YAML: the control character U+{int(error.character):04X} may not stand there") from None


# JSON writes characters beyond U+FFFF as two escapes, which YAML does not know: events are made of others of the same length.
_SURROGATES = re.compile(r"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")


def _compose(text: str) -> Node | None:
    source = _SURROGATES.sub(r"\\u2603", text) if text.lstrip()[:1] in ("{", "[") else text
    root: Node | None = None
    open_nodes: list[Sequence | Mapping] = []
    keys: list[Node | None] = []
    anchors: dict[str, Node] = {}
    events: Iterator[Any] = yaml.parse(source, Loader=yaml.CSafeLoader)
    for event in events:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            scalar = event.value if source is text or event.style != '"' else _json_string(text, event)
            node: Node = Scalar(event, scalar)
        elif kind is yaml.MappingStartEvent:
            node = Mapping(event)
        elif kind is yaml.SequenceStartEvent:
            node = Sequence(event)
        elif kind is yaml.AliasEvent:
            node = Alias(event, _target(event, anchors, open_nodes))
        else:
            if kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                open_nodes.pop().end = event.end_mark.index
                keys.pop()
            elif kind is yaml.DocumentStartEvent and root is not None:
                raise Unreadable(event.start_mark.line + 1, "another document begins here without `---`")
            continue
        if node.anchor is not None:
            anchors[node.anchor] = node
        if not open_nodes:
            root = node
        elif type(parent := open_nodes[-1]) is Sequence:
            parent.items.append(node)
        elif (key := keys[-1]) is None:
            keys[-1] = node
        else:
            parent.pairs.append((key, node))  # type: ignore[union-attr]
            keys[-1] = None
        if kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            if len(open_nodes) == DEPTH_LIMIT:
                raise Unreadable(node.line, f"nested more than {DEPTH_LIMIT} levels deep")
            open_nodes.append(node)  # type: ignore[arg-type]
            keys.append(None)
    return root


def _target(event: Any, anchors: dict[str, Node], open_nodes: list[Sequence | Mapping]) -> Node:
    target = anchors.get(event.anchor)
    if target is None:
        raise Unreadable(event.start_mark.line + 1, f"the alias *{event.anchor} has no anchor before it")
    if target in open_nodes:
        raise Unreadable(event.start_mark.line + 1, f"the alias *{event.anchor} stands inside the value it names")
    return target


def _json_string(text: str, event: Any) -> str:
    """A double-quoted scalar whose escapes may be surrogates; a lone one becomes U+FFFD, as in Kubernetes."""
    written = text[event.start_mark.index : event.end_mark.index]
    if not _SURROGATES.search(written):
        return str(event.value)
    from json import loads

    try:
        value: str = loads(written)
    except ValueError:
        raise Unreadable(event.start_mark.line + 1, "not YAML: invalid Unicode escape") from None
    return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
