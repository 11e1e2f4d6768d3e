"""A unified diff of a file that is known piece by piece: comparing thousands of documents as one text takes half a minute."""

from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import NamedTuple

CONTEXT = 3


class _Change(NamedTuple):
    """Lines from `start` up to `end` of the old text become those of the new one, counted from 0."""

    start: int
    end: int
    new_start: int
    new_end: int


def unified_diff(name: str, pieces: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Nothing where no piece changes; `pieces`: what each was and is. An element holds two lines where its own has no end."""
    before: list[str] = []
    after: list[str] = []
    changes: list[_Change] = []
    for old, new in _whole_lines(pieces):
        was, now = _lines(old), _lines(new)
        if old != new:
            at, to = len(before), len(after)
            codes = SequenceMatcher(None, was, now).get_opcodes()
            changes += (_Change(at + i, at + j, to + k, to + m) for tag, i, j, k, m in codes if tag != "equal")
        before += was
        after += now
    if changes:
        yield f"--- a/{name.lstrip('/')}"
        yield f"+++ b/{name.lstrip('/')}"
    for hunk in _hunks(changes):
        yield from _written(hunk, before, after)


def _whole_lines(pieces: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """Pieces that share a line are one."""
    old = new = ""
    for was, now in pieces:
        old, new = old + was, new + now
        if old.endswith("\n") and new.endswith("\n"):
            yield old, new
            old = new = ""
    yield old, new


def _lines(text: str) -> list[str]:
    """Lines without their ends; the last one says where it has none, as diff and patch do."""
    *lines, last = text.split("\n")
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines


def _hunks(changes: list[_Change]) -> Iterator[list[_Change]]:
    """Changes whose context meets go together."""
    hunk: list[_Change] = []
    for change in changes:
        if hunk and change.start - hunk[-1].end > 2 * CONTEXT:
            yield hunk
            hunk = []
        hunk.append(change)
    if hunk:
        yield hunk


def _written(hunk: list[_Change], before: list[str], after: list[str]) -> Iterator[str]:
    first, last = hunk[0], hunk[-1]
    at, end = max(first.start - CONTEXT, 0), min(last.end + CONTEXT, len(before))
    yield f"@@ -{_range(at, end)} +{_range(first.new_start - first.start + at, last.new_end - last.end + end)} @@"
    for change in hunk:
        yield from (f" {line}" for line in before[at : change.start])
        yield from (f"-{line}" for line in before[change.start : change.end])
        yield from (f"+{line}" for line in after[change.new_start : change.new_end])
        at = change.end
    yield from (f" {line}" for line in before[at:end])


def _range(start: int, end: int) -> str:
    """Its first line, counted from 1, and how many; an empty range names the line before it."""
    length = end - start
    return str(start + 1) if length == 1 else f"{start + (length > 0)},{length}"
