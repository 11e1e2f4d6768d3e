"""Where manifests come from: files, folders, standard input. Read whole before anything is decided, problems included."""

import os
import sys
from collections.abc import Iterable, Iterator

from webhook.errors import BadInput

ENDINGS = (".yaml", ".yml", ".json")
BOM = "\ufeff"


def texts(names: Iterable[str]) -> Iterator[tuple[str, str | BadInput]]:
    """Name and text, or what is wrong, of every file that `names` stand for: a file, a folder (recursively, sorted), or "-"."""
    for name in names:
        if name == "-":
            yield "stdin", _text("stdin", sys.stdin.buffer.read())
        elif os.path.isdir(name):
            yield from _below(name)
        else:
            yield shown(name), _read(name)


def _below(folder: str) -> Iterator[tuple[str, str | BadInput]]:
    unreadable: list[OSError] = []
    found = [
        os.path.join(where, file)
        for where, _, files in os.walk(folder, onerror=unreadable.append)
        for file in files
        if file.endswith(ENDINGS)
    ]
    yield from ((shown(path), _read_within(folder, path)) for path in sorted(found))
    yield from ((shown(error.filename), _why(error.filename, error)) for error in unreadable)
    if not found and not unreadable:
        yield shown(folder), BadInput(f"{shown(folder)}: holds no file that ends in {', '.join(ENDINGS)}")


def _read_within(folder: str, path: str) -> str | BadInput:
    """Nobody named this file: a link out of the folder would show what is none of its manifests, a pipe would never end."""
    real = os.path.realpath(path)
    if os.path.commonpath((real, os.path.realpath(folder))) != os.path.realpath(folder):
        return BadInput(f"{shown(path)}: is a link that leads out of {shown(folder)}; name the file itself")
    if os.path.lexists(real) and not os.path.isfile(real):
        return BadInput(f"{shown(path)}: is no regular file")
    return _read(path)


def _read(path: str) -> str | BadInput:
    try:
        with open(path, "rb") as file:
            return _text(path, file.read())
    except OSError as error:
        return _why(path, error)


def _why(path: str, error: OSError) -> BadInput:
    return BadInput(f"{shown(path)}: {error.strerror}")


def shown(path: str) -> str:
    """A file's name as text: its bytes need not be UTF-8."""
    return os.fsencode(path).decode(errors="replace")


def _text(name: str, content: bytes) -> str | BadInput:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = "looks like UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else f"byte 0x{content[error.start]:02x}"
        return BadInput(f"{shown(name)}:{line}: not UTF-8 ({what}); save the file as UTF-8")
