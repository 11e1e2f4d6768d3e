"""A diff made piece by piece is the one of the whole file."""

import difflib
import subprocess
import time
from pathlib import Path

import pytest

from tests.cli.conftest import PROJECT, Run
from webhook.cli.unified_diff import unified_diff

APP = PROJECT / "examples/legacy-app/app.yaml"
POLICY = PROJECT / "examples/legacy-app/policy.yaml"


def lines(*numbers: int) -> str:
    return "".join(f"{number}\n" for number in numbers)


def of_the_whole(before: str, after: str) -> list[str]:
    return [
        line.removesuffix("\n") for line in difflib.unified_diff(before.splitlines(True), after.splitlines(True), "a/x", "b/x")
    ]


@pytest.mark.parametrize(
    "pieces",
    [
        [(lines(1, 2, 3), lines(1, 2, 3))],
        [(lines(1, 2, 3), lines(1, 20, 3))],
        [("", lines(1))],
        [(lines(*range(20)), lines(*range(5), 50, *range(5, 15), 51, *range(15, 20)))],
        [(lines(*range(20)), lines(*range(5), 50, *range(5, 11), 51, *range(11, 20)))],
        [(lines(1, 2), lines(0, 1, 2)), (lines(3), lines(3)), (lines(4, 5), lines(4, 5, 6))],
        [(lines(1, 2), lines(1, 2, 3)), (lines(*range(4, 30)), lines(*range(4, 30))), (lines(30, 31), lines(30, 32, 31))],
        [("{1}", "{2}"), ("{3}\n4\n", "{3}\n4\n"), (lines(4), lines(5))],
    ],
)
def test_pieces_make_the_diff_of_the_whole(pieces: list[tuple[str, str]]) -> None:
    before, after = ("".join(texts) for texts in zip(*pieces, strict=True))
    assert list(unified_diff("x", pieces)) == of_the_whole(before, after)


def test_a_last_line_without_an_end_says_so() -> None:
    *_, old, new = unified_diff("x", [("a: 1", "a: 2")])
    assert (old, new) == ("-a: 1\n\\ No newline at end of file", "+a: 2\n\\ No newline at end of file")


def test_thousands_of_documents_take_no_longer_than_they_must() -> None:
    """As one text they take half a minute."""
    document = "---\nkind: Deployment\nspec:\n  containers:\n    - name: a\n      image: {0}\n      command: [/{0}]\n"
    pieces = [(text := document.format(number), text.replace("[", "[/launch, ")) for number in range(10_000)]
    begun = time.process_time()
    assert sum(line.startswith("@@") for line in unified_diff("x", pieces)) == 1
    assert time.process_time() - begun < 10


@pytest.mark.parametrize("tool", [["patch", "-p1", "--silent"], ["git", "apply", "-p1"]], ids=lambda tool: tool[0])
def test_patch_and_git_apply_what_is_printed(
    richpod: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "many.yaml").write_text("\n---\n".join([APP.read_text()] * 3))
    words = ("dry-run", "-f", "many.yaml", "--policy", POLICY, "-o")
    diff, expected = richpod(*words, "diff").out, richpod(*words, "yaml").out
    subprocess.run(tool, input=diff.encode(), check=True)
    assert (tmp_path / "many.yaml").read_text() == expected


def test_an_absolute_path_has_one_slash_behind_its_letter(richpod: Run) -> None:
    first, second, *_ = richpod("dry-run", "-f", APP, "--policy", POLICY, "-o", "diff").out.splitlines()
    assert (first, second) == (f"--- a{APP}", f"+++ b{APP}")
