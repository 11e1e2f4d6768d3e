"""One argv for all the machines a pod may run on, or one for each architecture, between which the launcher chooses."""

from collections.abc import Mapping
from typing import NamedTuple, TypeVar

from webhook.errors import BadImage
from webhook.images.program import Programs, argv

T = TypeVar("T")


class Choice(NamedTuple):
    """What stands before a container's own args.

    `lengths` is empty where every machine runs the same; else architecture to the number of its words, and `argv` holds the
    words of all of them, one after the other.
    """

    argv: list[str]
    lengths: dict[str, int]


def choice(programs: Programs, args: list[str] | None) -> Choice:
    """Raises BadImage where nothing would run somewhere, or where one architecture would run different things."""
    found = by_architecture({platform: argv(program, args) for platform, program in programs.items()})
    first, *others = found.values()
    if all(other == first for other in others):
        return Choice(first, {})
    return Choice([word for words in found.values() for word in words], {name: len(words) for name, words in found.items()})


def by_architecture(by_platform: Mapping[str, T]) -> dict[str, T]:
    """The same without variants, which neither a pod nor the policy's map tells apart. Raises BadImage where they differ."""
    found: dict[str, T] = {}
    for platform, one in by_platform.items():
        architecture = platform.partition("/")[0]
        if found.setdefault(architecture, one) != one:
            raise BadImage(f"the image runs different programs on variants of {architecture}")
    return found
