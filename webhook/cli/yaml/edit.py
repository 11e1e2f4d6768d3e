"""Changes YAML or JSON text so that it reads as other data, and touches nothing else.

Comments, order, quotes, indentation and line ends stay, since what stays is never written anew: new members and elements go in
behind the last one that is there, or before the first, in the style of the text. What a patch of ours never does (removing,
changing a type) is not looked for; where the text cannot be changed in place, it is written anew as a whole.
"""

from typing import Any, NamedTuple

from webhook.cli.yaml.splice import Splice
from webhook.cli.yaml.text import block_lines, json_lines, style_of
from webhook.cli.yaml.tree import Alias, Mapping, Node, Sequence, Unreadable, compose
from webhook.cli.yaml.values import key_text, merges, values

Json = Any


class Edited(NamedTuple):
    """`in_place` is False where the text had to be written anew: its comments are lost."""

    text: str
    in_place: bool


def edited(text: str, after: Json) -> Edited:
    """The text of one document, changed so that it reads as `after`."""
    root = compose(text)
    if root is None:
        raise ValueError("no document to change")
    style = style_of(root, text)
    splice = Splice(text, style)
    try:
        _Change(splice).change(root, after, None)
        changed = splice.result()
        if same(values(compose(changed), len(changed)), after):
            return Edited(changed, True)
    except (_NotInPlace, Unreadable):
        pass
    opening = f"---{style.newline}" if text.startswith("---") else ""
    anew = json_lines(after, style) if style.json else block_lines(after, style)
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


class _Change:
    """A walk through tree and data side by side."""

    def __init__(self, splice: Splice) -> None:
        self._splice = splice
        self._now: dict[int, Json] = {}
        """Anchored node, by id, to the value it will have."""

    def change(self, node: Node, after: Json, column: int | None) -> None:
        """`column` is that of the block map whose member `node` is; None elsewhere."""
        if node.anchor is not None:
            self._now[id(node)] = after
        if isinstance(node, Alias):
            if not same(self._aliased(node), after):
                self._splice.put(node, after, column)
        elif isinstance(node, Mapping) and isinstance(after, dict) and node.pairs:
            self._change_map(node, after)
        elif isinstance(node, Sequence) and isinstance(after, list) and node.items:
            self._change_list(node, after)
        elif not same(self._value(node), after):
            self._splice.put(node, after, column)

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
            self._splice.add(node, new)

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

    def _change_list(self, node: Sequence, after: list[Json]) -> None:
        more = len(after) - len(node.items)
        if more < 0:
            raise _NotInPlace
        first = _offset([self._value(item) for item in node.items], after) if more else 0
        last = first + len(node.items)
        if first:
            self._splice.insert(node, after[:first])
        for item, value in zip(node.items, after[first:last], strict=True):
            self.change(item, value, None)
        if after[last:]:
            self._splice.append(node, after[last:])

    def _value(self, node: Node) -> Json:
        return values(node, len(self._splice.text))


def _flat(merged: Json) -> dict[str, Json]:
    """The map that a merge key brings."""
    maps = merged if isinstance(merged, list) else [merged]
    return {name: value for each in reversed(maps) for name, value in each.items()}


def _offset(before: list[Json], after: list[Json]) -> int:
    """How many elements came in before the first old one; the others came in behind the last."""
    tries = range(len(after) - len(before) + 1)
    return max(tries, key=lambda shift: sum(_likeness(old, after[shift + i]) for i, old in enumerate(before)))


def _likeness(one: Json, other: Json) -> int:
    if one == other:
        return 2
    return int(isinstance(one, dict) and isinstance(other, dict) and one.get("name") == other.get("name") is not None)
