"""The steps of legacy-shop/README.md: what it says to type."""

import re
from pathlib import Path
from typing import NamedTuple

README = Path(__file__).parents[1] / "legacy-shop" / "README.md"
_STEP = re.compile(r"^## \d+\. (.+)$", re.MULTILINE)
_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Step(NamedTuple):
    title: str
    commands: tuple[str, ...]
    """A line each, as they are typed into one shell."""


def steps() -> list[Step]:
    """Headings with a number, in their order."""
    _, *parts = _STEP.split(README.read_text())
    return [Step(title, commands(text)) for title, text in zip(parts[::2], parts[1::2], strict=True)]


def commands(text: str) -> tuple[str, ...]:
    lines = "".join(_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    return tuple(re.sub(r" {2,}", " ", line) for line in lines)
