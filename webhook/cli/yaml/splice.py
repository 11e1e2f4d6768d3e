"""Pieces of text that go into a text of YAML or JSON: where they belong, and how they must be written there."""

import re
from typing import Any

from webhook.cli.yaml.text import Style, block_lines, flow, inline, json_lines, quoted
from webhook.cli.yaml.tree import Mapping, Node, Scalar, Sequence

Json = Any


class Splice:
    """Collects pieces by the places they go to; the text itself is not touched before `result`."""

    def __init__(self, text: str, style: Style) -> None:
        self.text, self.style = text, style
        self._edits: list[tuple[int, int, str]] = []

    def result(self) -> str:
        pieces, at = [], 0
        # Stable: of pieces at one place the deeper comes first, as it was found first.
        for start, end, piece in sorted(self._edits, key=lambda edit: edit[0]):
            pieces += [self.text[at:start], piece]
            at = end
        return "".join(pieces) + self.text[at:]

    def insert(self, node: Sequence, elements: list[Json]) -> None:
        """Elements before the first one of a list."""
        if node.flow:
            at = node.items[0].start
            piece = "".join(self._flow(value, node) + self._between(node) for value in elements)
        else:
            at = self._dash(node)
            indent = self.style.newline + " " * self._column(at)
            piece = "".join(line + indent for line in block_lines(elements, self.style))
        self._edits.append((at, at, piece))

    def append(self, node: Sequence, elements: list[Json]) -> None:
        """Elements behind the last one of a list."""
        if node.flow:
            self._append_flow(node, node.items[-1], [self._flow(value, node) for value in elements])
        else:
            self._append_lines(node.items[-1], block_lines(elements, self.style), self._column(self._dash(node)))

    def add(self, node: Mapping, members: dict[str, Json]) -> None:
        """Members behind the last one of a map."""
        first, last = node.pairs[0][0], node.pairs[-1][1]
        if node.flow:
            self._append_flow(node, last, [f"{self._flow(k, node)}: {self._flow(v, node)}" for k, v in members.items()])
        else:
            self._append_lines(last, block_lines(members, self.style), first.column)

    def put(self, node: Node, after: Json, column: int | None) -> None:
        """Another value in place of a scalar, an alias, an empty list or map; `column` is that of the block map it belongs to."""
        start, end = node.start, node.end
        if column is None or self.style.json or not isinstance(after, dict | list) or not after:
            written = self._written(node, after, in_flow=column is None)
            if isinstance(node, Scalar) and node.style in ("|", ">"):
                written += self.style.newline
            self._edits.append((start, end, written if start < end else f" {written}"))
            return
        if start < end:
            blank = len(self.text[:start]) - len(self.text[:start].rstrip(" "))
            self._edits.append((start - blank, end, ""))
        indent = column + (self.style.step if isinstance(after, dict) else self.style.offset)
        self._append_lines(node, block_lines(after, self.style), indent)

    # --- how ---

    def _written(self, node: Node, after: Json, in_flow: bool) -> str:
        """In the quotes of the scalar it takes the place of."""
        if self.style.json:
            before = self.text[self.text.rfind("\n", 0, node.start) + 1 : node.start]
            alone = re.fullmatch(r'([ \t]*)("[^"]*"\s*:\s*)?', before) if "\n" in self.text else None
            return self._json(after, alone[1] if alone else None)
        if not isinstance(after, str):
            return flow(after)
        quote = node.style if isinstance(node, Scalar) else ""
        if quote == '"':
            return quoted(after)
        if quote == "'" and after.isprintable():
            return "'" + after.replace("'", "''") + "'"
        return flow(after) if in_flow else inline(after)

    def _flow(self, value: Json, node: Sequence | Mapping) -> str:
        """A value inside the flow collection `node`, in its style."""
        if self.style.json:
            return self._json(value, self._indent(node))
        first = node.items[0] if isinstance(node, Sequence) else None
        return quoted(value) if isinstance(first, Scalar) and first.style == '"' else flow(value)

    def _json(self, value: Json, indent: str | None) -> str:
        """`indent`: the white space of its line, where it may take several."""
        return quoted(value) if indent is None else f"{self.style.newline}{indent}".join(json_lines(value, self.style))

    # --- where ---

    def _between(self, node: Sequence | Mapping) -> str:
        """What separates the elements of a flow collection: a line break where the first one stands on a line of its own."""
        indent = self._indent(node)
        return ", " if indent is None else f",{self.style.newline}{indent}"

    def _indent(self, node: Sequence | Mapping) -> str | None:
        """The white space before the elements of a flow collection that has a line for each; None for one on a single line."""
        first = node.items[0] if isinstance(node, Sequence) else node.pairs[0][0]
        line = self.text.rfind("\n", 0, first.start) + 1
        before = self.text[line : first.start]
        return before if line > node.start and not before.strip() else None

    def _append_flow(self, node: Sequence | Mapping, last: Node, pieces: list[str]) -> None:
        between = self._between(node)
        self._edits.append((last.end, last.end, "".join(between + piece for piece in pieces)))

    def _append_lines(self, last: Node, lines: list[str], column: int) -> None:
        """Whole lines behind the one on which `last` ends."""
        at = self._line_end(last)
        newline = self.style.newline
        piece = "".join(" " * column + line + newline for line in lines)
        if at == len(self.text) and not self.text.endswith("\n"):
            piece = newline + piece.removesuffix(newline)
        self._edits.append((at, at, piece))

    def _line_end(self, node: Node) -> int:
        """Behind the line break of the line on which a value's own text ends."""
        while True:
            if isinstance(node, Mapping) and not node.flow:
                node = node.pairs[-1][1]
            elif isinstance(node, Sequence) and not node.flow:
                node = node.items[-1]
            else:
                break
        end = node.end
        if isinstance(node, Scalar) and node.style in ("|", ">"):
            end = self._block_scalar_end(node)
        newline = self.text.find("\n", end)
        return newline + 1 if newline >= 0 else len(self.text)

    def _block_scalar_end(self, node: Scalar) -> int:
        """A block scalar's last line that counts: blank ones behind it do so only with "+"."""
        start = self.text.index(node.style, node.start)
        written = self.text[start : node.end]
        header = written.partition("\n")[0].partition("#")[0]
        if "+" in header:
            return node.end - 1 if written.endswith("\n") else node.end
        # It ends with the text: a line break behind it would become part of it.
        strip = (start + 1, start + 1, "-")
        if not written.endswith("\n") and "-" not in header and strip not in self._edits:
            self._edits.append(strip)
        return start + len(written.rstrip())

    def _dash(self, node: Sequence) -> int:
        """Where the first dash of a block list stands."""
        if node.anchor is None and node.tag is None:
            return node.start
        return self.text.rindex("-", node.start, node.items[0].start)

    def _column(self, at: int) -> int:
        return at - self.text.rfind("\n", 0, at) - 1
