"""Where manifests come from: files, folders, standard input. Read whole before anything is decided."""

import os
import sys
from collections.abc import Iterable, Iterator

from webhook.errors import BadInput

ENDINGS = (".yaml", ".yml", ".json")
BOM = "\ufeff"


def texts(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Name and text of every file that `names` stand for: a file, a folder (recursively, sorted), or "-". Raises BadInput."""
    for name in names:
        if name == "-":
            yield "stdin", _text("stdin", sys.stdin.buffer.read())
        elif os.path.isdir(name):
            found = sorted(_below(name))
            if not found:
                raise BadInput(f"{shown(name)}: holds no file that ends in {', '.join(ENDINGS)}")
            yield from ((shown(path), read(path)) for path in found)
        else:
            yield shown(name), read(name)


def read(path: str) -> str:
    """One file's text. Raises BadInput."""
    try:
        with open(path, "rb") as file:
            return _text(path, file.read())
    except OSError as error:
        raise BadInput(f"{shown(path)}: {error.strerror}") from None


def shown(path: str) -> str:
    """A file's name as text: its bytes need not be UTF-8."""
    return os.fsencode(path).decode(errors="replace")


def _below(folder: str) -> Iterator[str]:
    for where, _, files in os.walk(folder, onerror=_unreadable):
        yield from (os.path.join(where, file) for file in files if file.endswith(ENDINGS))


def _unreadable(error: OSError) -> None:
    raise BadInput(f"{shown(error.filename)}: {error.strerror}") from None


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = "looks like UTF-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else f"byte 0x{content[error.start]:02x}"
        raise BadInput(f"{shown(name)}:{line}: not UTF-8 ({what}); save the file as UTF-8") from None
