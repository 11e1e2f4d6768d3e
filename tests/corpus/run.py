"""One file under one profile: the promises that are broken, and what became of its pods."""

from collections import Counter
from pathlib import Path

import jsonpatch

from tests.corpus import proof
from tests.corpus.doors import Case, Entry, command, plain, pods, read, words
from tests.corpus.files import name
from tests.corpus.outcomes import Row, of_file


def run(path: Path, entry: Entry) -> tuple[list[str], Counter[Row]]:
    """Sentences that name file, profile and object, and the rows for the page."""
    where = f"{name(path)} ({entry.profile})"
    try:
        cases, unreadable = read(path, entry)
        found = [f"{where}: {_object(case)}: {problem}" for case in cases for problem in proof.problems(case)]
        if not unreadable:
            found += [f"{where}: -o yaml: {problem}" for problem in _written(path, entry, cases)]
    except Exception as error:
        error.add_note(where)
        raise
    return found, of_file(cases, unreadable)


def _object(case: Case) -> str:
    return f"{case.said['object']['kind']} {case.said['object']['name']}"


def _written(path: Path, entry: Entry, cases: list[Case]) -> list[str]:
    """A file of which no pod changed is the same file; any other holds the patched pods."""
    original = path.read_bytes()
    written = command(words(entry, "-f", str(path), "-o", "yaml")).stdout
    if not any(case.patch for case in cases):
        return [] if written == original else ["altered, though no pod changed"]
    held = [plain(preview.pod) for preview in pods(path.name, written, entry)]
    return [
        f"{_object(case)} is not what the patch makes of it"
        for case, pod in zip(cases, held, strict=True)
        if proof.canonical(pod) != proof.canonical(jsonpatch.apply_patch(case.pod, case.patch))
    ]
