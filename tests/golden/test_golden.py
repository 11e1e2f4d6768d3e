"""Golden cases: what people see of every feature, the same through every door.

`FEATURE/CASE.yaml` holds manifests, their Namespace among them, as one would write them. The policy lies beside them:
`CASE.policy.yaml`, else `policy.yaml`. `CASE.out.yaml` is what `richpod dry-run -o yaml` makes of it: first what it says, as
comments, then what it prints. `pytest --update-golden` writes the `.out.yaml` files anew; the difference is for a person to read.
"""

import json
import re
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonpatch
import pytest
import yaml

from tests import evanphx
from tests.reviews import answer, operations
from tests.valid_pod import problems
from webhook import __version__
from webhook.__main__ import main
from webhook.admission.context import Context
from webhook.admission.features import NAMES
from webhook.admission.pipeline import mutate
from webhook.admission.workloads import pod, workloads
from webhook.policy.file import parse

Json = dict[str, Any]
Run = Callable[..., tuple[int, str, str]]

FOLDER = Path(__file__).parent
CASES = sorted(p for p in FOLDER.glob("*/*.yaml") if ".out" not in p.name and ".policy" not in p.name and p.stem != "policy")


def policy_of(case: Path) -> Path:
    own = case.with_suffix(".policy.yaml")
    return own if own.exists() else case.with_name("policy.yaml")


@pytest.fixture
def dry_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The CLI's door: exit code, standard output and standard error."""

    def run(case: Path, output: str, policy: Path | None = None) -> tuple[int, str, str]:
        monkeypatch.chdir(case.parent)
        code = main(["dry-run", "-f", case.name, "--policy", str(policy or policy_of(case)), "-o", output])
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.parent.name}/{case.stem}")
def test_golden(case: Path, dry_run: Run, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    _, printed, said = dry_run(case, "yaml")
    golden = "".join(f"# {line}\n" for line in said.splitlines()) + printed
    golden = re.sub(rf"(version\W+){re.escape(__version__)}", r"\1VERSION", golden)
    file = case.with_suffix(".out.yaml")
    if pytestconfig.getoption("--update-golden"):
        file.write_text(golden)
    assert file.exists(), "no golden file: run pytest --update-golden"
    assert golden == file.read_text()

    policy = parse(policy_of(case).read_text())
    _, lines, _ = dry_run(case, "json")
    shown = {(w["kind"], w["metadata"]["name"]): w for w in objects(printed)}
    for line, workload in zip(map(json.loads, lines.splitlines()), held(case.read_text()), strict=True):
        if line["profile"] is None:
            assert line["patch"] in ([], None)
            continue
        namespace = line["object"]["namespace"]
        entry = Context(policy, line["profile"], line["level"])
        sent = json.loads(json.dumps(pod(workload, namespace)))
        at_both_doors(sent, line, entry, namespace)
        after: Json = jsonpatch.apply_patch(sent, line["patch"] or [])
        written = pod(next(held(json.dumps(shown[workload.kind, workload.name]))), namespace)
        assert written["spec"] == after["spec"]
        assert written["metadata"].get("annotations") == after["metadata"].get("annotations")

    again = tmp_path / case.name
    again.write_text(printed)
    assert dry_run(again, "yaml", policy_of(case))[1] == printed


def at_both_doors(sent: Json, line: Json, entry: Context, namespace: str) -> None:
    """The webhook answers with the CLI's patch; every reader makes the same valid pod of it; a second time there is none."""
    response = answer(sent, entry, namespace)
    assert operations(response) == (line["patch"] or [])
    assert response["allowed"] == (line["mode"] == "audit" or all(v["outcome"] != "refused" for v in line["verdicts"]))
    old = deepcopy(sent)
    old["metadata"]["creationTimestamp"] = None
    assert operations(answer(old, entry, namespace)) == operations(response)
    inside = deepcopy(sent)
    mutate(inside, namespace, entry)
    after: Json = jsonpatch.apply_patch(sent, operations(response))
    assert after == inside == evanphx.apply(sent, operations(response))
    assert problems(after) == []
    assert "patch" not in answer(after, entry, namespace)


def objects(text: str) -> list[Json]:
    """Every object of a YAML stream, Lists flattened."""
    found = [document for document in yaml.load_all(text, Loader=yaml.CSafeLoader) if document]
    return [item for document in found for item in (document["items"] if document["kind"] == "List" else [document])]


def held(text: str) -> Any:
    return (workload for document in objects(text) for workload in workloads(document))


def test_every_feature_has_a_folder_and_no_golden_file_is_left_over() -> None:
    folders = {path.parent.name for path in CASES}
    assert set(NAMES) | {"toolkit"} <= folders
    known = {case.with_suffix(suffix) for case in CASES for suffix in (".yaml", ".out.yaml", ".policy.yaml")}
    known |= {case.with_name("policy.yaml") for case in CASES}
    assert set(FOLDER.glob("*/*")) <= known
