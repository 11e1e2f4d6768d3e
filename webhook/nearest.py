"""The name that was meant by one that is not known."""

from collections.abc import Iterable
from itertools import islice

LONGEST_NAME, MOST_NAMES = 63, 50
"""What `meant` compares: its work grows with the square of the length, and both may be a stranger's."""


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """`; did you mean X?`, or nothing where nothing was. `prefix` stands before every known name where people write it."""
    near = meant(name, known)
    return f"; did you mean {prefix}{near}?" if near else ""


def meant(name: str, known: Iterable[str]) -> str:
    """Nothing where nothing is near, or the names are too long or too many to compare."""
    if len(name) > LONGEST_NAME:
        return ""
    return closest(name, (candidate for candidate in islice(known, MOST_NAMES) if len(candidate) <= LONGEST_NAME))


def closest(name: str, known: Iterable[str]) -> str:
    """The one that was meant, most likely; "" where none is near. Of few and short names, see `meant`."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), n=1)), "")
