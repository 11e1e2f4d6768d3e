"""`richpod manifests`: where it writes, what it removes, what it says."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.cli.conftest import PROJECT, Run
from tests.cli.manifests.conftest import GRANTING, SORTS
from webhook.cli.manifests.files import HEADER, files, stream
from webhook.policy import Policy
from webhook.policy.file import parse


def test_without_a_folder_one_stream_is_printed(richpod: Run) -> None:
    ran = richpod("manifests")
    assert (ran.code, ran.out, ran.err) == (0, stream(Policy(), []), "")


def test_a_folder_gets_the_files_and_the_line_to_run(richpod: Run, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "installation"
    ran = richpod("manifests", "--output-dir", folder)
    assert (ran.code, ran.out) == (0, "")
    assert f"kubectl apply -k {folder}" in ran.err
    assert {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*.yaml")} == files(Policy(), [])


def test_what_kubectl_cannot_remember_is_applied_by_the_server(richpod: Run, tmp_path: Path) -> None:
    """Seen: 20 profiles are applied, 40 are refused: `metadata.annotations: Too long`."""
    for number, options in ((20, ""), (40, " --server-side")):
        policy = tmp_path / "policy.yaml"
        policy.write_text(f"profiles: {{{', '.join(f'team-{i}: {{}}' for i in range(number))}}}")
        assert f"kubectl apply{options} -k " in richpod("manifests", "--policy", policy, "--output-dir", tmp_path / "m").err


@pytest.mark.parametrize(
    ("policy", "file", "said"),
    [(SORTS, "40-required.yaml", "refuses pods until"), (GRANTING, "35-gateway.yaml", "holds its grants until")],
)
def test_what_is_no_longer_rendered_is_removed_and_named(richpod: Run, tmp_path: Path, policy: str, file: str, said: str) -> None:
    (tmp_path / "policy.yaml").write_text(policy)
    folder = tmp_path / "installation"
    richpod("manifests", "--policy", tmp_path / "policy.yaml", "--output-dir", folder)
    ran = richpod("manifests", "--output-dir", folder)
    assert f"removed {folder}/{file}; what it held stays in the cluster and {said}" in ran.err
    assert not (folder / file).exists()


def test_what_refuses_nothing_is_removed_without_a_warning(richpod: Run, tmp_path: Path) -> None:
    (tmp_path / "35-earlier.yaml").write_text(HEADER)
    assert f"removed {tmp_path}/35-earlier.yaml\n" in richpod("manifests", "--output-dir", tmp_path).err


def test_files_of_others_stay(richpod: Run, tmp_path: Path) -> None:
    for name in ("60-ours.yaml", "policy.yaml"):
        (tmp_path / name).write_text("kind: ConfigMap\n")
    ran = richpod("manifests", "--output-dir", tmp_path)
    assert "removed" not in ran.err
    assert (tmp_path / "60-ours.yaml").read_text() == (tmp_path / "policy.yaml").read_text() == "kind: ConfigMap\n"


def test_the_policy_is_judged_first(richpod: Run, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("profile: {}\n")
    ran = richpod("manifests", "--policy", policy, "--output-dir", tmp_path / "installation")
    assert ran.code == 2
    assert "did you mean profiles?" in ran.err
    assert not (tmp_path / "installation").exists()


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    command = [sys.executable, "-m", "webhook", "manifests", "--output-dir", str(tmp_path / "file" / "below")]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert (ran.returncode, ran.stderr) == (2, "richpod: Not a directory\n")


def test_an_unknown_component_is_wrong_usage(richpod: Run) -> None:
    ran = richpod("manifests", "--with", "lxfs")
    assert ran.code == 2
    assert "invalid choice: 'lxfs'" in ran.err


def test_the_image_is_the_policys(richpod: Run, tmp_path: Path) -> None:
    policy = tmp_path / "policy.yaml"
    policy.write_text("image: {prefix: registry.example.com/ops, tag: '7'}\n")
    ran = richpod("manifests", "--policy", policy)
    pods = [each["spec"]["template"]["spec"] for each in yaml.safe_load_all(ran.out) if each["kind"] == "Deployment"]
    assert {container["image"] for pod in pods for container in pod["containers"]} == {"registry.example.com/ops/richpod:7"}
    assert parse(policy.read_text()).hash in ran.out
