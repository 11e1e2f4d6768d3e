"""Every manifest of others, and our own, through every form of output."""

import subprocess
from pathlib import Path
from typing import Any

import jsonpatch
import pytest

from tests.cli.conftest import Run
from tests.corpus.files import OWN, SHARED, malformed, manifests
from webhook.admission.patch import escape
from webhook.admission.workloads import claim_templates, workloads
from webhook.cli.documents import files
from webhook.cli.yaml.edit import same

POLICY = Path(__file__).parents[1] / "corpus" / "policy.yaml"
READABLE = [*manifests(OWN), *manifests(SHARED)]
BROKEN = [*malformed(OWN), *malformed(SHARED)]
WORDS = ("--policy", POLICY, "-n", "shop", "--profile", "dumb")


def name(path: Path) -> str:
    return path.name


def documents(text: str) -> list[Any]:
    (file,) = files([("-", text)])
    return [document.data for document in file.documents]


def patched(manifests: list[Any], lines: list[Any]) -> list[Any]:
    """The documents with each printed patch applied to the template it belongs to, which lacks the claims of a StatefulSet."""
    found = [(number, workload) for number, data in enumerate(manifests) for workload in workloads(data)]
    for (number, workload), line in zip(found, lines, strict=True):
        path = [part for index in workload.place for part in ("items", index)] + list(workload.path)
        at = "".join(f"/{escape(str(part))}" for part in path)
        held = manifests[number]
        for part in path:
            held = held[part]
        if line["patch"] and held.get("metadata") is None:
            held["metadata"] = {}
        claims = claim_templates(workload.object["spec"]) if workload.kind == "StatefulSet" and line["patch"] else []
        if claims:
            held["spec"]["volumes"] = [{"name": name} for name in claims] + (held["spec"].get("volumes") or [])
        operations = [{**operation, "path": at + operation["path"]} for operation in line["patch"]]
        operations += [{"op": "remove", "path": f"{at}/spec/volumes/0"} for _ in claims]
        manifests[number] = jsonpatch.apply_patch(manifests[number], operations)
    return manifests


@pytest.mark.parametrize("path", READABLE, ids=name)
def test_a_manifest_works_in_every_form_or_has_a_clear_error(richpod: Run, path: Path, tmp_path: Path) -> None:
    ran = {form: richpod("dry-run", "-f", path, *WORDS, "-o", form) for form in ("json", "patch", "yaml", "diff", "report")}
    explained = richpod("explain", "-f", path, *WORDS)
    assert {each.code for each in (*ran.values(), explained)} == {ran["json"].code}
    if ran["json"].code == 2:
        assert not any(each.out for each in (*ran.values(), explained))
        assert all(line.startswith(f"{path}:") for line in ran["json"].err.splitlines())
        return
    text = path.read_bytes().decode()
    assert ran["patch"].lines == [line["patch"] for line in ran["json"].lines if line["patch"]]
    assert same(documents(ran["yaml"].out), patched(documents(text), ran["json"].lines))
    assert "written anew" not in ran["yaml"].err
    if not ran["patch"].out:
        assert (ran["yaml"].out, ran["diff"].out) == (text, "")
        return
    copy = tmp_path / "copy"
    copy.write_bytes(text.encode())
    subprocess.run(["patch", "--binary", "--silent", copy], input=ran["diff"].out.encode(), check=True, cwd=tmp_path)
    assert copy.read_bytes().decode() == ran["yaml"].out


@pytest.mark.parametrize("path", BROKEN, ids=name)
def test_what_no_yaml_loader_reads_has_a_file_and_a_line(richpod: Run, path: Path) -> None:
    ran = richpod("dry-run", "-f", path)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{path}:")
    assert "not YAML: " in ran.err


def test_a_key_that_stands_twice_has_a_file_and_a_line(richpod: Run, tmp_path: Path) -> None:
    """kubectl refuses it, too; four files of the corpus have one."""
    named = [path for path in manifests(SHARED) if "stands twice" in richpod("dry-run", "-f", path).err]
    expected = {line.split("\t")[0] for line in _index() if "duplicate-keys" in line.split("\t")[13].split(",")}
    assert {path.relative_to(SHARED).as_posix() for path in named} == expected
    (tmp_path / "x.yaml").write_text("kind: Pod\nspec: {}\n---\nspec: {}\nspec: {}\n")
    assert richpod("dry-run", "-f", tmp_path).err == f"{tmp_path}/x.yaml:5: document 2: the key spec stands twice in one map\n"


def _index() -> list[str]:
    index = SHARED / "INDEX.tsv"
    return index.read_text().splitlines()[1:] if index.exists() else []


def test_a_folder_with_broken_files_is_one_error_line_for_each(richpod: Run) -> None:
    ran = richpod("dry-run", "-f", OWN)
    assert (ran.code, ran.out) == (2, "")
    assert {line.split(":")[0] for line in ran.err.splitlines()} >= {str(path) for path in malformed(OWN)}
