"""Policy of YAML text, and every mistake in it with its line and what to write instead."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from webhook.contradictions import contradictions
from webhook.errors import BadPolicy, nearest
from webhook.policy import Policy
from webhook.policy_text import FORMS

DEPTH_LIMIT = 100


def load(path: str) -> Policy:
    """The policy in a file. Raises BadPolicy."""
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise BadPolicy(f"{path}: {error.strerror}") from None
    try:
        return parse(content.decode(), path)
    except UnicodeDecodeError:
        raise BadPolicy(f"{path}: not UTF-8; save the file as UTF-8") from None


def parse(text: str, source: str = "policy") -> Policy:
    """Policy of YAML text. Raises BadPolicy with one line for each mistake: file, line, path, what to write instead."""
    try:
        _refuse_deep(text, source)
        node = yaml.compose(text, Loader=yaml.CSafeLoader)
        data = yaml.load(text, Loader=yaml.CSafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise BadPolicy(f"{source}{line}: not YAML: {getattr(error, 'problem', None) or error}") from None
    if repeated := [
        f"{source}:{key.start_mark.line + 1}: {key.value}: stands twice in one map" for key in _repeated(node, set())
    ]:
        raise BadPolicy("\n".join(repeated))
    try:
        policy = Policy.model_validate({} if data is None else data)
    except ValidationError as error:
        raise BadPolicy("\n".join(_sentences(error, node, source))) from None
    if found := [f"{source}:{_line(node, list(path))}: {'.'.join(path)}: {said}" for path, said in contradictions(policy)]:
        raise BadPolicy("\n".join(found))
    return policy


def _refuse_deep(text: str, source: str) -> None:
    """The composer recurses, and would end the process instead of raising."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEPTH_LIMIT:
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise BadPolicy(f"{source}:{line}: nested more than {DEPTH_LIMIT} levels deep")


def _sentences(error: ValidationError, node: Any, source: str) -> list[str]:
    lines = []
    for problem in error.errors(include_url=False):
        if problem["type"] == "default_factory_not_called":
            continue  # for want of a setting beside it, whose own mistake is told
        location = [part for part in problem["loc"] if part != "[key]"]
        message = problem["msg"].removeprefix("Value error, ")
        if problem["type"] == "string_pattern_mismatch":
            message = f"should be {FORMS[problem['ctx']['pattern']]}"
        if problem["type"] == "extra_forbidden":
            message = f"unknown key{nearest(str(location[-1]), _known_keys(location[:-1]))}"
        path = ".".join(str(part) for part in location) or "policy"
        lines.append(f"{source}:{_line(node, location)}: {path}: {message}")
    return list(dict.fromkeys(lines))


def _repeated(node: Any, seen: set[int]) -> Iterator[Any]:
    """Keys that YAML would let win over an earlier one of the same name, in silence."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    keys: set[str] = set()
    for child in node.value:
        if isinstance(child, tuple):
            key, child = child
            if key.value in keys:
                yield key
            keys.add(str(key.value))
        yield from _repeated(child, seen)


def _known_keys(location: list[Any]) -> list[str]:
    """The keys the schema knows at a place."""
    schema = Policy.model_json_schema(by_alias=True)
    at: dict[str, Any] = schema
    for part in location:
        named = next(iter(at.get("patternProperties", {}).values()), None)
        at = at.get("properties", {}).get(part) or named or at.get("additionalProperties") or at.get("items") or {}
        arms = at.get("anyOf") or [at]
        at = next((schema["$defs"][arm["$ref"].rsplit("/", 1)[1]] if "$ref" in arm else arm for arm in arms if arm), {})
    return list(at.get("properties", {}))


def _line(node: Any, location: list[Any]) -> int:
    """The line, from 1, of the deepest node that the path reaches."""
    line = node.start_mark.line + 1 if node is not None else 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            pair = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
