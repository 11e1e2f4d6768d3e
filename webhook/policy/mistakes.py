"""A mistake in the policy as a person reads it: the line, the path, what belongs there, and what stands there if it is short."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import yaml
from pydantic import ValidationError
from pydantic_core import ErrorDetails

from webhook.nearest import nearest
from webhook.policy import Policy
from webhook.policy.place import KEY, place
from webhook.policy.text import FORMS


class Mistake(NamedTuple):
    line: int
    path: str
    sentence: str


_WANTED = {
    "model_type": "a map of settings",
    "dict_type": "a map of settings",
    "list_type": "a list",
    "string_type": "a string",
    "invalid-json-value": "a string",
    "bool_type": "true or false",
    "int_type": "a whole number",
}
_EMPTY = {"a map of settings": "; an empty one is {}", "a list": "; an empty one is []"}
_SHORT = 40


def mistakes(error: ValidationError, root: yaml.Node | None) -> Iterator[Mistake]:
    for problem in error.errors(include_url=False):
        if problem["type"] == "default_factory_not_called":
            continue  # for want of a setting beside it, whose own mistake is told
        location = _location(problem["loc"])
        line, written = place(root, location)
        path = [part for part in location if part != KEY]
        yield Mistake(line, ".".join(map(str, path)) or "policy", _sentence(problem, path, written))


def _location(found: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Where any JSON is let in, below a volume source or in a call, pydantic names the type of each container before the key."""
    path, key = (found[:-1], (KEY,)) if found[-1:] == (KEY,) else (found, ())
    if path[:1] == ("volumes",) or (path[:2] == ("gateway", "upstreams") and path[4:5] == ("body",)):
        return (*path[:5], *path[6::2], *key)
    return (*path[:6], *path[7::2], *key) if path[:2] == ("gateway", "upstreams") and path[4:5] == ("answer",) else found


def _sentence(problem: ErrorDetails, path: list[str | int], written: yaml.Node | None) -> str:
    kind, context = problem["type"], problem.get("ctx", {})
    if wanted := _WANTED.get(kind):
        return f"should be {wanted}{_instead(wanted, written)}"
    if kind == "literal_error":
        said = context["expected"].replace("'", "")
        given, choices = written.value if isinstance(written, yaml.ScalarNode) else "", re.split(", | or ", said)
        return f"should be {said}{nearest(given, choices)}"
    if kind == "string_pattern_mismatch":
        return f"should be {FORMS[context['pattern']]}"
    if kind in _BOUNDS:
        return f"should be {_BOUNDS[kind]} {context['ge' if kind == 'greater_than_equal' else 'le']}"
    if kind == "too_short":
        return "names none; write at least one"
    if kind == "too_long":
        return f"should have at most {context['max_length']} elements"
    if kind == "string_too_long":
        return f"should be at most {context['max_length']} characters long"
    if kind in ("extra_forbidden", "invalid_key"):
        return f"unknown key{nearest(str(path[-1]), _known_keys(path[:-1]))}"
    return _PLAIN.get(kind) or problem["msg"].removeprefix("Value error, ")


_BOUNDS = {"greater_than_equal": "at least", "less_than_equal": "at most"}
_PLAIN = {"missing": "is missing", "recursion_loop": "contains itself"}


def _instead(wanted: str, written: yaml.Node | None) -> str:
    """What stands there, or how to write it so that it is what is wanted."""
    if isinstance(written, yaml.MappingNode):
        return ", not a map"
    if isinstance(written, yaml.SequenceNode):
        return ", not a list"
    if written is not None and written.tag.endswith(":null"):
        return f", not nothing{_EMPTY.get(wanted, '')}"
    text = _text(written)
    if not text or len(text) > _SHORT or not text.isprintable():
        return ""
    return f'; put it in quotes: write "{text}"' if wanted == "a string" else f", not {text}"


def _text(written: yaml.Node | None) -> str:
    """A scalar as it is written, in its quotes."""
    if not isinstance(written, yaml.ScalarNode):
        return ""
    quote = written.style if written.style in ("'", '"') else ""
    return f"{quote}{written.value}{quote}"


def _known_keys(path: list[str | int]) -> list[str]:
    """The keys the schema knows at a place."""
    schema = Policy.model_json_schema(by_alias=True)
    at: dict[str, Any] = schema
    for part in path:
        named = next(iter(at.get("patternProperties", {}).values()), None)
        at = at.get("properties", {}).get(part) or named or at.get("additionalProperties") or at.get("items") or {}
        arms = sorted(at.get("anyOf") or [at], key=lambda arm: "$ref" not in arm)
        at = next((schema["$defs"][arm["$ref"].rsplit("/", 1)[1]] if "$ref" in arm else arm for arm in arms if arm), {})
    return list(at.get("properties", {}))
