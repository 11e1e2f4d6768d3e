"""What YAML means to Kubernetes: sigs.k8s.io/yaml, that is YAML 1.1 by way of JSON.

Booleans are those of YAML 1.1, y and n included; 0644 is octal and 1e3 a number; timestamps and sexagesimals are strings; keys
become strings; a merge key acts where it stands. Seen by running that library on every case of the tests.
"""

import re
from base64 import b64decode
from typing import Any

from webhook.cli.yaml.tree import DEPTH_LIMIT, Alias, Mapping, Node, Scalar, Sequence, Unreadable

Json = Any

ALIAS_BUDGET = 100_000
"""Values that aliases may add to those a text writes out: a bomb of a few lines means billions."""


def values(root: Node | None, length: int) -> Json:
    """JSON values of a tree, none shared with another place; `length` is that of the text. Raises Unreadable."""
    return None if root is None else _Reading(length + ALIAS_BUDGET).value(root, 0)


class _Reading:
    def __init__(self, budget: int) -> None:
        self.budget = budget

    def value(self, node: Node, depth: int) -> Json:
        self.budget -= 1
        if self.budget < 0:
            raise Unreadable(node.line, "aliases make this document too large")
        if isinstance(node, Scalar):
            return scalar(node)
        if depth > DEPTH_LIMIT:
            raise Unreadable(node.line, f"nested more than {DEPTH_LIMIT} levels deep")
        if isinstance(node, Mapping):
            return self._mapping(node, depth)
        if isinstance(node, Sequence):
            return [self.value(item, depth + 1) for item in node.items]
        assert isinstance(node, Alias)
        return self.value(node.target, depth + 1)

    def _mapping(self, node: Mapping, depth: int) -> dict[str, Json]:
        data: dict[str, Json] = {}
        written: set[str] = set()
        for key, value in node.pairs:
            if merges(key):
                data |= self._merged(value, depth)
                continue
            name = key_text(key)
            if name in written:
                raise Unreadable(key.line, f"the key {name} stands twice in one map")
            written.add(name)
            data[name] = self.value(value, depth + 1)
        return data

    def _merged(self, node: Node, depth: int) -> dict[str, Json]:
        """What a merge key brings: of several maps the first that has a key."""
        found = self.value(node, depth + 1)
        maps = found if isinstance(found, list) else [found]
        if not all(isinstance(each, dict) for each in maps):
            raise Unreadable(node.line, "a merge key (<<) needs a map or a list of maps")
        return {name: value for each in reversed(maps) for name, value in each.items()}


def merges(key: Node) -> bool:
    return isinstance(key, Scalar) and key.text == "<<" and not key.style and key.tag is None


def key_text(node: Node) -> str:
    """A key as the string it becomes in JSON."""
    if isinstance(node, Alias):
        node = node.target
    key = scalar(node) if isinstance(node, Scalar) else None
    if key is None:
        raise Unreadable(node.line, "a key must be a string")
    return str(key).lower() if isinstance(key, bool) else str(key)


_TAG = "tag:yaml.org,2002:"
_TYPES: dict[str, tuple[type, ...]] = {"null": (type(None),), "bool": (bool,), "int": (int,), "float": (int, float)}


def scalar(node: Scalar) -> Json:
    """Its value, by its tag where it has one. Raises Unreadable."""
    if node.tag is None:
        value = node.text if node.style else plain(node.text)
    elif (name := node.tag.removeprefix(_TAG)) == "binary":
        try:
            value = b64decode(node.text).decode(errors="replace")
        except ValueError:
            raise Unreadable(node.line, "!!binary needs base64") from None
    elif name in _TYPES:
        value = plain(node.text)
        if type(value) not in _TYPES[name]:
            raise Unreadable(node.line, f"{node.text[:40]!r} is no !!{name}")
    else:
        value = node.text
    if type(value) is float and value - value != 0:
        raise Unreadable(node.line, f"{node.text} is not a number in JSON; quote it if it is a name")
    return value


_WORDS: dict[str, Json] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
}
_BASES = {"0b": 2, "0o": 8, "0x": 16}
_INTEGER = re.compile(r"([-+]?)(0[bB][01]+|0[oO][0-7]+|0[xX][0-9a-fA-F]+|[0-9]{1,25})")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def plain(text: str) -> Json:
    """The value of an unquoted scalar; NaN and infinity, which JSON has not, included."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "+-.0123456789":
        return text
    digits = text.replace("_", "")
    if (match := _INTEGER.fullmatch(digits)) and (number := _integer(*match.groups())) is not None:
        return number
    if _FLOAT.fullmatch(digits):
        floating = float(digits)
        if floating.is_integer() and abs(floating) < 2**63:
            return int(floating)
        return text if floating - floating != 0 else floating
    return text


def _integer(sign: str, digits: str) -> int | None:
    """None where Go's ParseInt and ParseUint see none: beyond 64 bits, or 08."""
    base = _BASES.get(digits[:2].lower())
    if base is None and len(digits) > 1 and digits[0] == "0":
        base = 8
        if not set(digits) <= set("01234567"):
            return None
    number = int(digits.lower(), base) if base else int(digits)
    number = -number if sign == "-" else number
    return number if -(2**63) <= number < (2**63 if sign else 2**64) else None
