"""Policy of YAML text, and every mistake in it with its line and what to write instead."""

from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from webhook.errors import BadPolicy
from webhook.policy import Policy
from webhook.policy.contradictions import contradictions
from webhook.policy.mistakes import Mistake, mistakes
from webhook.policy.place import place

DEPTH_LIMIT = 100
SIZE_LIMIT = 100_000


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
    root, data = _read(text, source)
    _refuse(_repeated(root, (), set()), source)
    _refuse(_foreign(root, data), source)
    try:
        policy = Policy.model_validate({} if data is None else data)
    except ValidationError as error:
        _refuse(mistakes(error, root), source)
        raise
    _refuse((Mistake(place(root, path).line, ".".join(map(str, path)), said) for path, said in contradictions(policy)), source)
    return policy


def _refuse(found: Iterable[Mistake], source: str) -> None:
    """Raises BadPolicy where there are mistakes, in the order of lines."""
    lines = [
        f"{source}:{line}: {path if path.isprintable() else ascii(path)}: {said}"
        for line, path, said in sorted(found, key=lambda mistake: mistake.line)
    ]
    if lines:
        raise BadPolicy("\n".join(dict.fromkeys(lines))) from None


class _Loader(yaml.CSafeLoader):
    """Tells the line of a number, date or truth value that is none; YAML's own constructors only raise."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep)
        except (ValueError, LookupError, AttributeError, ArithmeticError):
            what = node.tag.rpartition(":")[2]
            problem = f"cannot be read as {what}; put it in quotes"
            raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark) from None


def _read(text: str, source: str) -> tuple[yaml.Node | None, Any]:
    """The text as nodes, which know their lines, and as data."""
    try:
        _refuse_unread(text, source)
        root = yaml.compose(text, Loader=yaml.CSafeLoader)
        if root is not None and _size(root, {}) > SIZE_LIMIT:
            raise BadPolicy(f"{source}: its aliases stand for more than {SIZE_LIMIT} values")
        return root, yaml.load(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise BadPolicy(f"{source}{line}: not YAML: {getattr(error, 'problem', None) or error}") from None


def _refuse_unread(text: str, source: str) -> None:
    """What the composer cannot tell: it recurses, and would end the process instead of raising, and it reads one document."""
    depth = documents = 0
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        documents += isinstance(event, yaml.DocumentStartEvent)
        if depth > DEPTH_LIMIT:
            raise BadPolicy(f"{source}:{line}: nested more than {DEPTH_LIMIT} levels deep")
        if documents > 1:
            said = "a second document begins here, and a policy is one; remove the line ---, or one of the documents"
            raise BadPolicy(f"{source}:{line}: {said}")


def _size(node: yaml.Node, known: dict[int, int]) -> int:
    """Values, those behind aliases counted where they stand; something that holds itself is counted once and refused later."""
    if (size := known.get(id(node))) is None:
        known[id(node)] = 1
        children = chain.from_iterable(node.value) if isinstance(node, yaml.MappingNode) else node.value
        size = 1 + sum(_size(child, known) for child in children) if isinstance(node, yaml.CollectionNode) else 1
        known[id(node)] = size
    return size


def _repeated(node: Any, path: tuple[str, ...], seen: set[int]) -> Iterator[Mistake]:
    """Keys that YAML would let win over an earlier one of the same name, in silence."""
    if not isinstance(node, yaml.CollectionNode) or id(node) in seen:
        return
    seen.add(id(node))
    lines: dict[str, int] = {}
    for index, child in enumerate(node.value):
        at = (*path, str(index))
        if isinstance(child, tuple):
            key, child = child
            at, line = (*path, str(key.value)), key.start_mark.line + 1
            if first := lines.get(at[-1]):
                yield Mistake(line, ".".join(at), f"stands in line {first} already; write it once")
            lines.setdefault(at[-1], line)
        yield from _repeated(child, at, seen)


def _foreign(root: yaml.Node | None, data: Any) -> Iterator[Mistake]:
    """An object of Kubernetes, most likely the ConfigMap around the policy."""
    if isinstance(data, dict) and {"apiVersion", "kind"} <= data.keys():
        sentence = (
            "this is an object of Kubernetes, not a policy; of a ConfigMap give the file itself, which is a value under data"
        )
        yield Mistake(place(root, ["kind"]).line, "kind", sentence)
