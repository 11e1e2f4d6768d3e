"""Changes YAML or JSON text so that it reads as other data, and touches nothing else.

Comments, order, quotes, indentation and line ends stay, since what stays is never written anew: new members and elements go in
behind the last one that is there, or before the first, in the style of the text. What a patch of ours never does (removing,
changing a type) is not looked for; where the text cannot be changed in place, it is written anew as a whole.
"""

from typing import Any, NamedTuple

from webhook.cli.yaml_text import Style, block_lines, flow, flow_lines, inline, style_of
from webhook.cli.yaml_tree import Alias, Mapping, Node, Scalar, Sequence, Unreadable, compose
from webhook.cli.yaml_values import key_text, merges, values

Json = Any


class Edited(NamedTuple):
    """`in_place` is False where the text had to be written anew: its comments are lost."""

    text: str
    in_place: bool


def edited(text: str, after: Json) -> Edited:
    """The text of one document, changed so that it reads as `after`."""
    root = compose(text)
    assert root is not None
    style = style_of(root, text)
    edit = _Edit(text, style)
    try:
        edit.change(root, after, None)
        changed = edit.result()
        if same(values(compose(changed), len(changed)), after):
            return Edited(changed, True)
    except (_NotInPlace, Unreadable):
        pass
    opening = f"---{style.newline}" if text.startswith("---") else ""
    anew = flow_lines(after, style) if style.json else block_lines(after, style)
    return Edited(opening + "".join(line + style.newline for line in anew), False)


def same(one: Json, other: Json) -> bool:
    """Equal as JSON: true is not 1."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


class _NotInPlace(Exception):
    pass


class _Edit:
    """Pieces of text to put in place of others, found while walking tree and data side by side."""

    def __init__(self, text: str, style: Style) -> None:
        self.text, self.style = text, style
        self._edits: list[tuple[int, int, str]] = []
        self._now: dict[int, Json] = {}
        """Anchored node, by id, to the value it will have."""

    def result(self) -> str:
        pieces, at = [], 0
        # Stable: of pieces at one place the deeper comes first, as it was found first.
        for start, end, piece in sorted(self._edits, key=lambda edit: edit[0]):
            pieces += [self.text[at:start], piece]
            at = end
        return "".join(pieces) + self.text[at:]

    def change(self, node: Node, after: Json, column: int | None) -> None:
        """`column` is that of the block map whose member `node` is; None elsewhere."""
        if node.anchor is not None:
            self._now[id(node)] = after
        if isinstance(node, Alias):
            if not same(self._aliased(node), after):
                self._put(node, after, column)
        elif isinstance(node, Mapping) and isinstance(after, dict) and node.pairs:
            self._change_map(node, after)
        elif isinstance(node, Sequence) and isinstance(after, list) and node.items:
            self._change_list(node, after)
        elif not same(self._value(node), after):
            self._put(node, after, column)

    # --- maps ---

    def _change_map(self, node: Mapping, after: dict[str, Json]) -> None:
        own: set[str] = set()
        inherited: dict[str, Json] = {}
        for key, value in node.pairs:
            if merges(key):
                self.change(value, self._merged_after(value), None)
                inherited |= _flat(self._merged_after(value))
                continue
            name = key_text(key)
            if name not in after:
                raise _NotInPlace
            own.add(name)
            if key.anchor is not None:
                self._now[id(key)] = name
            self.change(value, after[name], None if node.flow else node.pairs[0][0].column)
        if not inherited.keys() <= after.keys():
            raise _NotInPlace
        new = {k: v for k, v in after.items() if k not in own and not (k in inherited and same(inherited[k], v))}
        if new:
            last = node.pairs[-1][1]
            if node.flow:
                members = [f"{flow(k)}: {flow(v, self.style, self._indent(node))}" for k, v in new.items()]
                self._append_flow(node, node.pairs[0][0], last, members)
            else:
                self._append_lines(last, block_lines(new, self.style), node.pairs[0][0].column)

    def _merged_after(self, node: Node) -> Json:
        """What a merge key will bring: its aliases name anchors that stand before it."""
        if isinstance(node, Alias):
            return self._aliased(node)
        if isinstance(node, Sequence):
            return [self._merged_after(item) for item in node.items]
        return self._value(node)

    def _aliased(self, node: Alias) -> Json:
        """The value that an alias will have: its anchor stands before it."""
        if id(node.target) not in self._now:
            raise _NotInPlace
        return self._now[id(node.target)]

    # --- lists ---

    def _change_list(self, node: Sequence, after: list[Json]) -> None:
        more = len(after) - len(node.items)
        if more < 0:
            raise _NotInPlace
        first = _offset([self._value(item) for item in node.items], after) if more else 0
        last = first + len(node.items)
        self._insert(node, after[:first])
        for item, value in zip(node.items, after[first:last], strict=True):
            self.change(item, value, None)
        if after[last:]:
            if node.flow:
                elements = [flow(value, self.style, self._indent(node)) for value in after[last:]]
                self._append_flow(node, node.items[0], node.items[-1], elements)
            else:
                self._append_lines(node.items[-1], block_lines(after[last:], self.style), _column(self.text, self._dash(node)))

    def _insert(self, node: Sequence, elements: list[Json]) -> None:
        """Before the first element."""
        if not elements:
            return
        if node.flow:
            at = node.items[0].start
            between = self._between(node, node.items[0])
            piece = "".join(flow(value, self.style, self._indent(node)) + between for value in elements)
        else:
            at = self._dash(node)
            indent = self.style.newline + " " * _column(self.text, at)
            piece = "".join(line + indent for line in block_lines(elements, self.style))
        self._edits.append((at, at, piece))

    def _dash(self, node: Sequence) -> int:
        """Where the first dash of a block list stands."""
        if node.anchor is None and node.tag is None:
            return node.start
        return self.text.rindex("-", node.start, node.items[0].start)

    # --- values ---

    def _put(self, node: Node, after: Json, column: int | None) -> None:
        """Another value in place of a scalar, an alias or an empty list or map."""
        start, end = node.start, node.end
        if column is None or self.style.json or not isinstance(after, dict | list) or not after:
            written = self._scalar(node, after) if isinstance(after, str) else flow(after)
            if isinstance(node, Scalar) and node.style in ("|", ">"):
                written += self.style.newline
            self._edits.append((start, end, written if start < end else f" {written}"))
            return
        if start < end:
            blank = len(self.text[:start]) - len(self.text[:start].rstrip(" "))
            self._edits.append((start - blank, end, ""))
        indent = column + (self.style.step if isinstance(after, dict) else self.style.offset)
        self._append_lines(node, block_lines(after, self.style), indent)

    def _scalar(self, node: Node, text: str) -> str:
        """In the quotes of the scalar it takes the place of."""
        quote = node.style if isinstance(node, Scalar) else ""
        if self.style.json or quote == '"':
            return flow(text)
        if quote == "'" and text.isprintable():
            return "'" + text.replace("'", "''") + "'"
        return inline(text)

    def _value(self, node: Node) -> Json:
        return values(node, len(self.text))

    # --- places ---

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

    def _append_flow(self, node: Sequence | Mapping, first: Node, last: Node, pieces: list[str]) -> None:
        between = self._between(node, first)
        self._edits.append((last.end, last.end, "".join(between + piece for piece in pieces)))

    def _between(self, node: Sequence | Mapping, first: Node) -> str:
        """What separates the elements of a flow collection: a line break where the first one stands on a line of its own."""
        indent = self._indent(node)
        return ", " if indent is None else f",{self.style.newline}{indent}"

    def _indent(self, node: Sequence | Mapping) -> str | None:
        """The white space before the elements of a flow collection that has a line for each; None for one on a single line."""
        first = node.items[0] if isinstance(node, Sequence) else node.pairs[0][0]
        line = self.text.rfind("\n", 0, first.start) + 1
        before = self.text[line : first.start]
        return before if line > node.start and not before.strip() else None


def _flat(merged: Json) -> dict[str, Json]:
    """The map that a merge key brings."""
    maps = merged if isinstance(merged, list) else [merged]
    return {name: value for each in reversed(maps) for name, value in each.items()}


def _column(text: str, at: int) -> int:
    return at - text.rfind("\n", 0, at) - 1


def _offset(before: list[Json], after: list[Json]) -> int:
    """How many elements came in before the first old one; the others came in behind the last."""
    tries = range(len(after) - len(before) + 1)
    return max(tries, key=lambda shift: sum(_likeness(old, after[shift + i]) for i, old in enumerate(before)))


def _likeness(one: Json, other: Json) -> int:
    if one == other:
        return 2
    return int(isinstance(one, dict) and isinstance(other, dict) and one.get("name") == other.get("name") is not None)
