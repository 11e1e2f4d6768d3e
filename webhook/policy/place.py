"""Where in the text of the policy a path of keys and indexes leads."""

from collections.abc import Iterable
from typing import NamedTuple

import yaml

KEY = "[key]"
"""Behind a path: the last key of it, not what stands under it."""


class Place(NamedTuple):
    """The line, from 1, of the deepest part that is there, and what stands at the path's end, if anything."""

    line: int
    written: yaml.Node | None


def place(root: yaml.Node | None, path: Iterable[str | int]) -> Place:
    key, node = root, root
    line = root.start_mark.line + 1 if root else 1
    for part in path:
        key, node = (key, key) if part == KEY else _child(node, part)
        if key is None:
            break
        line = key.start_mark.line + 1
    return Place(line, node)


def _child(node: yaml.Node | None, part: str | int) -> tuple[yaml.Node | None, yaml.Node | None]:
    """What its line is counted from, and the value."""
    if isinstance(node, yaml.MappingNode):
        return next(((key, value) for key, value in node.value if key.value == str(part)), (None, None))
    if isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
        return node.value[part], node.value[part]
    return None, None
