"""One argv for all the machines a pod may run on, or one for each architecture, between which the launcher chooses."""

from typing import NamedTuple

from webhook.errors import BadImage
from webhook.images.program import Programs, argv


class Choice(NamedTuple):
    """What stands before a container's own args.

    `lengths` is empty where every machine runs the same; else architecture to the number of its words, and `argv` holds the
    words of all of them, one after the other.
    """

    argv: list[str]
    lengths: dict[str, int]


def choice(programs: Programs, args: list[str] | None) -> Choice:
    """Raises BadImage where nothing would run somewhere, or where one architecture would run different things."""
    by_architecture: dict[str, list[str]] = {}
    for platform, program in programs.items():
        architecture = platform.partition("/")[0]
        words = argv(program, args)
        if by_architecture.setdefault(architecture, words) != words:
            raise BadImage(f"the image runs different programs on variants of {architecture}")
    first, *others = by_architecture.values()
    if all(other == first for other in others):
        return Choice(first, {})
    return Choice([word for words in by_architecture.values() for word in words], {k: len(v) for k, v in by_architecture.items()})
