"""Every form of output for manifests that are hard to keep as they are.

`golden/NAME/in.*` is the input, the files beside it are what `dry-run` prints for it. `pytest --update-golden` writes them anew;
the difference is for a person to read.
"""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.conftest import Run

GOLDEN = Path(__file__).parent / "golden"
CASES = sorted(path.parent for path in GOLDEN.glob("*/in.*"))
FORMS = {"yaml": "out", "diff": "diff", "json": "jsonl", "report": "report"}

# The status names the version and the policy's hash, which change without these cases.
STATUS = re.compile(r'((?:version|policy)\\*":\\*")[^"\\]+')


def prints(richpod: Run, case: Path, form: str) -> str:
    (given,) = case.glob("in.*")
    ran = richpod("dry-run", "-f", given.name, "--policy", "../policy.yaml", "-n", "shop", "-o", form)
    assert ran.code in (0, 1)
    return ran.out


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_what_is_printed(
    richpod: Run, case: Path, form: str, monkeypatch: pytest.MonkeyPatch, pytestconfig: pytest.Config
) -> None:
    monkeypatch.chdir(case)
    printed = STATUS.sub(r"\1…", prints(richpod, case, form)).encode()
    file = case / f"expected.{FORMS[form]}"
    if pytestconfig.getoption("--update-golden"):
        file.write_bytes(printed)
    assert file.read_bytes() == printed


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_diff_leads_from_the_input_to_the_yaml(
    richpod: Run, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(case)
    (given,) = case.glob("in.*")
    shutil.copy(given, tmp_path)
    diff = prints(richpod, case, "diff")
    subprocess.run(["patch", "--binary", "-p1", "--silent"], input=diff.encode(), cwd=tmp_path, check=True)
    assert (tmp_path / given.name).read_bytes().decode() == prints(richpod, case, "yaml")


def test_no_golden_file_is_left_over() -> None:
    expected = {case / f"expected.{ending}" for case in CASES for ending in FORMS.values()}
    assert set(GOLDEN.glob("*/expected.*")) == expected
