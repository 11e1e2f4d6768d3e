"""Checks of steps: each reads what the commands have printed, and nothing else."""

from collections.abc import Callable, Iterator

Seen = Iterator[tuple[str, bool]]
"""Sentences, and whether each is true."""
Check = Callable[[str], Seen]


def in_order(said: str, *words: str) -> bool:
    places, at = [], 0
    for word in words:
        at = said.find(word, at)
        places.append(at)
    return -1 not in places
