"""A profile that only audits: what would be done to its pods is said, nothing is changed, and no pipeline stops for it."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run

POLICY = "profiles: {default: {features: {init: launch}, allow: [volumes], mode: audit}}"
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {annotations: {richpod.io/volumes: nothing}}
    spec: {containers: [{name: web, image: web, command: [/web]}]}
"""
FORMS = ("patch", "json", "yaml", "diff", "report")


@pytest.fixture
def audited(tmp_path: Path) -> tuple[str | Path, ...]:
    """Words for a pod of an audited profile that would refuse it."""
    (tmp_path / "policy").write_text(POLICY)
    (tmp_path / "pod").write_text(POD)
    return ("-f", tmp_path / "pod", "--policy", tmp_path / "policy")


@pytest.mark.parametrize("words", [*(("dry-run", "--strict", "-o", form) for form in FORMS), ("explain",)])
def test_an_audit_fails_nothing(richpod: Run, audited: tuple[str | Path, ...], words: tuple[str, ...]) -> None:
    assert richpod(*words, *audited).code == 0


def test_an_audit_changes_nothing_and_says_what_would_be(richpod: Run, audited: tuple[str | Path, ...]) -> None:
    ran = richpod("dry-run", *audited, "-o", "json")
    assert (ran.lines[0]["mode"], ran.lines[0]["patch"]) == ("audit", [])
    assert [line.partition("): ")[2].partition(": volume ")[0] for line in ran.err.splitlines()[1:]] == [
        "audit: volumes would be refused",
        "audit: init would be applied: PID 1 is launch",
    ]


def test_a_report_counts_what_an_audit_would_refuse_apart(richpod: Run, audited: tuple[str | Path, ...]) -> None:
    _, summary, volumes, init, counts = richpod("dry-run", *audited, "-o", "report").out.splitlines()
    assert summary == "  profile default, Pod Security privileged: audit only, nothing is changed"
    assert volumes.startswith("  volumes  would be refused  volume nothing is not defined")
    assert init == "  init     would be applied  PID 1 is launch"
    assert counts == "1 pod: 1 would be refused"
