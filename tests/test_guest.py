"""The tests of tests/cluster/guest run by hand alone: what they take from others must be there all the same."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUEST = "tests/cluster/guest/cgroup_v2.py"


def collected(path: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "--collect-only", "--quiet", path]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_they_are_found_by_their_path() -> None:
    found = collected(GUEST)
    assert found.returncode == pytest.ExitCode.OK, found.stdout
    assert f"{GUEST}::test_it_is_running_without_any_privilege" in found.stdout


def test_they_are_found_by_nobody_else() -> None:
    assert collected("tests/cluster/guest").returncode == pytest.ExitCode.NO_TESTS_COLLECTED
