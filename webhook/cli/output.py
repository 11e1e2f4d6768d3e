"""A file that is whole whenever somebody reads it."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from webhook.cli.sources import shown
from webhook.cli.terminal import data
from webhook.errors import BadInput


@contextmanager
def output(name: str) -> Iterator[Callable[[str], object]]:
    """Takes the whole text, once; "-" is standard output. Raises BadInput before the body runs where it cannot be written."""
    if name == "-":
        yield data
        return
    file = Path(os.path.realpath(name))
    if file.exists() and not file.is_file():
        raise BadInput(f"{shown(name)}: is no regular file")
    new = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        opened = new.open("x", encoding="utf-8")
    except OSError as error:
        raise BadInput(f"{shown(name)}: {error.strerror}") from None
    try:
        with opened:
            yield opened.write
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)
