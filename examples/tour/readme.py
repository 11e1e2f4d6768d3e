"""The steps of an example's README.md: what it says to type."""

import re
from pathlib import Path
from typing import NamedTuple

_STEP = re.compile(r"^## \d+\. (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    title: str
    commands: tuple[str, ...]
    """A line each, as they are typed into one shell."""


def steps(readme: Path) -> list[Step]:
    """Headings with a number, in their order."""
    _, *parts = _STEP.split(readme.read_text())
    return [Step(title, commands(text)) for title, text in zip(parts[::2], parts[1::2], strict=True)]


def commands(text: str) -> tuple[str, ...]:
    lines = "".join(_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    return tuple(re.sub(r" {2,}", " ", line) for line in lines)
