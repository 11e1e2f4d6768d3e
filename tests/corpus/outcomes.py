"""What became of the pods, counted, and the page that says so."""

import re
from collections import Counter
from collections.abc import Mapping

from tests.corpus.doors import ENTRIES, Case

Row = tuple[str, ...]
"""What is counted: files, pods or verdicts, and of which kind."""

_UNREADABLE = (
    (re.compile("not YAML"), "is no YAML"),
    (re.compile("stands twice in one map"), "a key stands twice in one map"),
    (re.compile(""), "is not shaped like a Pod"),
)


def of_file(cases: list[Case], problem: str) -> Counter[Row]:
    """The rows that one file adds to."""
    rows: Counter[Row] = Counter()
    if problem:
        rows["files", "unreadable: " + next(reason for pattern, reason in _UNREADABLE if pattern.search(problem))] += 1
        return rows
    rows["files", "read"] += 1
    for case in cases:
        rows["pods", _decision(case)] += 1
        for verdict in case.said["verdicts"]:
            why = verdict["sentence"] if verdict["reason"] == "conflict" else verdict["reason"]
            rows["verdicts", verdict["feature"], verdict["outcome"], why] += 1
    return rows


def _decision(case: Case) -> str:
    if case.said["leftAlone"]:
        return f"left alone: {case.said['leftAlone']}"
    if case.refused:
        return "refused"
    return "patched" if case.patch else "unchanged"


def page(counted: Mapping[str, Counter[Row]]) -> str:
    """`counted`: profile to rows. The same counts make the same bytes."""
    rows = sorted(set().union(*counted.values()))
    return _PAGE.format(
        outcomes=_table(("", ""), [row for row in rows if row[0] != "verdicts"], counted, 0),
        verdicts=_table(("feature", "outcome", "reason"), [row for row in rows if row[0] == "verdicts"], counted, 1),
    )


def _table(head: Row, rows: list[Row], counted: Mapping[str, Counter[Row]], skip: int) -> str:
    cells = [(*head, *counted), *((*row[skip:], *(str(counts[row] or "–") for counts in counted.values())) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    words = len(widths) - len(counted)
    lines = [[*map(str.ljust, row[:words], widths), *map(str.rjust, row[words:], widths[words:])] for row in cells]
    lines.insert(1, ["-" * width for width in widths[:words]] + ["-" * (width - 1) + ":" for width in widths[words:]])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


_ENTRIES = "\n".join(f"- `{entry.profile}` at Pod Security level {entry.level}" for entry in ENTRIES)
_PAGE = (
    """# What becomes of real manifests

`make corpus` runs manifests of other people's public repositories through the command and through the webhook, with the three
profiles of `tests/corpus/policy.yaml`:

"""
    + _ENTRIES
    + """

It fails unless every pod, as written and as the API server sends it after its own plug-ins, keeps these promises:

- both doors give the same patch, and twice the same bytes
- strict RFC 6902 and the API server's reading of it make the same pod of the patch
- nothing of the pod is lost: no `remove`, and no value altered but image names behind a mirror
- the patched pod has no error against the official JSON schema of Kubernetes 1.37, and breaks no rule of validation or of Pod
  Security, that the untouched one does not; a Guaranteed pod stays Guaranteed
- a second pass is empty, and so is one after the in-tree plug-ins
- about an untouched pod the answer holds no patch, and `-o yaml` gives it back byte for byte
- `-o yaml` of a changed file is that file with exactly the patched pods

Files and pods:

{outcomes}

Verdicts, of a refused pod only why; for `init` one for each container it does not wrap, for `volumes` one for each volume:

{verdicts}
"""
)
