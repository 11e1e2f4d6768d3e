"""Lines for people. Colour and progress only on a terminal, where nothing a user wrote may steer it."""

import sys
from collections.abc import Iterable, Sequence
from typing import NamedTuple, TextIO, TypeVar

from webhook.printable import one_line

T = TypeVar("T")

LENGTH = 100_000
COMMAND = 2000
"""Of a line: a manifest may be one."""
STYLES = {"applied": "green", "adapted": "cyan", "skipped": "yellow", "refused": "red", "note": "yellow"}
"""Colour of each outcome; rich leaves it out where NO_COLOR is set."""


class Line(NamedTuple):
    text: str
    style: str = ""


def whole(command: str) -> str:
    """What is there to be pasted, whole or not at all: half a quotation would take in what is pasted next."""
    return one_line(command, COMMAND) if len(command) <= COMMAND else "too long for a line: it is in the output of -o json"


def show(lines: Iterable[Line], stream: TextIO) -> None:
    if not stream.isatty():
        _write("".join(f"{line.text}\n" for line in lines), stream)
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(file=stream, highlight=False, markup=False, soft_wrap=True)
    for line in lines:
        console.print(Text(one_line(line.text.rstrip("\r").expandtabs(), LENGTH), line.style))


def talk(lines: Iterable[Line]) -> None:
    """To standard error, printable on any terminal it may be shown on later."""
    show([line._replace(text=one_line(line.text, LENGTH)) for line in lines], sys.stderr)


def data(text: str) -> None:
    """To standard output, byte for byte."""
    _write(text, sys.stdout)


def _write(text: str, stream: TextIO) -> None:
    """UTF-8 whatever the locale says. Under PYTHONUNBUFFERED one call may write a part and say so."""
    rest = memoryview(text.encode(errors="replace"))
    while rest:
        rest = rest[stream.buffer.write(rest) :]


def progress(items: Sequence[T], doing: str, many: int = 20) -> Iterable[T]:
    """The items, with a bar where a person may be waiting for `many` or more."""
    if len(items) < many or not sys.stderr.isatty():
        return items
    from rich.console import Console
    from rich.progress import track

    return track(items, f"{doing} …", console=Console(stderr=True), transient=True)
