"""The name that was meant by one that is not known."""

from collections.abc import Iterable
from itertools import islice

LONGEST_NAME, MOST_NAMES = 63, 50
"""What `nearest` compares: its work grows with the square of the length, and both may be a stranger's."""


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """`; did you mean X?`, or nothing when nothing is near, or the names are too long or too many to compare.

    `prefix` stands before every known name where people write it.
    """
    if len(name) > LONGEST_NAME:
        return ""
    near = closest(name, (candidate for candidate in islice(known, MOST_NAMES) if len(candidate) <= LONGEST_NAME))
    return f"; did you mean {prefix}{near}?" if near else ""


def closest(name: str, known: Iterable[str]) -> str:
    """The one that was meant, most likely; "" where none is near. Of few and short names, see `nearest`."""
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, list(known), n=1)), "")
