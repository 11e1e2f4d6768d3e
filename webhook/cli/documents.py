"""Manifests as documents: pieces of a file's text, each with its data, that together are the file again."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

from webhook.cli.sources import BOM
from webhook.cli.yaml.tree import Mapping, Sequence, Unreadable, compose
from webhook.cli.yaml.values import key_text, merges, values
from webhook.errors import BadInput

Json = Any
Path = tuple[str | int, ...]
"""Keys and indices from a document's root to a place in it."""


@dataclass(frozen=True)
class Document:
    """`number` counts the file's documents from 1, `line` is the line of the file where `text` begins, `data` its JSON value.

    `problem`: why it cannot be read, "" where it can; there is no data then.
    """

    file: str
    number: int
    line: int
    text: str
    data: Json
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.file}#{self.number}"

    def said(self, path: Path, sentence: str) -> str:
        """A sentence about a place of this document, with its line in the file."""
        return f"{self.file}:{self._line(path)}: document {self.number}: {dotted(path) or 'the document'} {sentence}"

    def _line(self, path: Path) -> int:
        """Of the deepest place that is there."""
        node = compose(self.text)
        line = node.line if node is not None else 1
        for part in path:
            if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                line = node.line
            elif isinstance(node, Mapping):
                pair = next(((k, v) for k, v in node.pairs if not merges(k) and key_text(k) == str(part)), None)
                if pair is None:
                    break
                line, node = pair[0].line, pair[1]
        return self.line + line - 1


class File(NamedTuple):
    """A file and its documents; their texts, one after the other, are the file's text (a byte order mark aside)."""

    name: str
    bom: str
    documents: list[Document]


def files(texts: Iterable[tuple[str, str | BadInput]]) -> list[File]:
    """All files; what cannot be read is a document with a problem."""
    return [_file(name, text) for name, text in texts]


def _file(name: str, text: str | BadInput) -> File:
    if isinstance(text, BadInput):
        return File(name, "", [Document(name, 1, 1, "", None, str(text))])
    bom = BOM if text.startswith(BOM) else ""
    return File(name, bom, list(_documents(name, text.removeprefix(BOM))))


def _documents(file: str, text: str) -> Iterator[Document]:
    line = 1
    for number, piece in enumerate(_pieces(text), 1):
        try:
            yield Document(file, number, line, piece, values(compose(piece), len(piece)))
        except Unreadable as error:
            hint = "; this is a template: render it first (helm template)" if _ACTION.search(piece) else ""
            problem = f"{file}:{line + error.line - 1}: document {number}: {error.sentence}{hint}"
            yield Document(file, number, line, piece, None, problem)
        line += piece.count("\n")


# What Go's templates put where a line or a value of YAML begins.
_ACTION = re.compile(r"^\s*(- +)?([\w./-]+: +)?\{\{", re.MULTILINE)
_SEPARATOR = re.compile(r"^---(?=\s|$)", re.MULTILINE)
_PREAMBLE = re.compile(r"([ \t\r]*([#%][^\n]*)?\n)*")


def _pieces(text: str) -> list[str]:
    """The text cut before each `---`; what may stand before the first one stays with it. JSON objects may follow each other."""
    if text.lstrip().startswith("{") and (objects := _json_objects(text)):
        return objects
    starts = [match.start() for match in _SEPARATOR.finditer(text)]
    if not starts or not _PREAMBLE.fullmatch(text, 0, starts[0]):
        starts.insert(0, 0)
    starts[0] = 0
    return [text[start:end] for start, end in pairwise([*starts, len(text)])]


def _json_objects(text: str) -> list[str]:
    """The pieces of a stream of JSON objects, whole lines where they can be; none where the text is something else."""
    from json import JSONDecoder

    decoder, ends = JSONDecoder(), [0]
    while rest := re.compile(r"\s*\S").match(text, ends[-1]):
        try:
            _, end = decoder.raw_decode(text, rest.end() - 1)
        except (ValueError, RecursionError):
            return []
        line_end = re.compile(r"[ \t\r]*\n").match(text, end)
        ends.append(line_end.end() if line_end else end)
    ends[-1] = len(text)
    return [text[start:end] for start, end in pairwise(ends)]


def dotted(path: Path) -> str:
    """A path for people: `spec.containers[0].image`, `metadata.annotations[richpod.io/init]`."""
    written = ""
    for part in path:
        bracketed = isinstance(part, int) or not part.isidentifier()
        written += f"[{part}]" if bracketed else f".{part}" if written else str(part)
    return written


def pointed(pointer: str) -> Path:
    """The path of a JSON pointer."""
    parts = (part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:])
    return tuple(int(part) if part.isdecimal() else part for part in parts if part)
