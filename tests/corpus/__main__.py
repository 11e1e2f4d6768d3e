"""`python -m tests.corpus`: proves every promise on every manifest, prints what became of the pods, writes docs/corpus.md."""

import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.progress import track

from tests.corpus.doors import ENTRIES
from tests.corpus.files import OWN, PAGE, SHARED, every
from tests.corpus.outcomes import Row, page
from tests.corpus.run import run


def main() -> int:
    """Exit code 1 if a promise is broken. Without the shared corpus our own manifests are run, and the page stays as it is."""
    shared = every(SHARED)
    counted, problems = _all(shared or every(OWN))
    text = page(counted)
    print(text, end="")
    if problems:
        print("\n".join(problems), file=sys.stderr)
        return 1
    if shared:
        PAGE.write_text(text)
    return 0


def _all(paths: list[Path]) -> tuple[dict[str, Counter[Row]], list[str]]:
    counted: dict[str, Counter[Row]] = {entry.profile: Counter() for entry in ENTRIES}
    problems = []
    console = Console(stderr=True)
    for path in track(paths, "manifests", console=console, transient=True, disable=not console.is_terminal):
        for entry in ENTRIES:
            found, rows = run(path, entry)
            problems += found
            counted[entry.profile] += rows
    return counted, problems


if __name__ == "__main__":
    sys.exit(main())
