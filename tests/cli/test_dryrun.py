"""`richpod dry-run`: what is printed where, and the exit code."""

import shutil
from pathlib import Path

import jsonpatch
import orjson
import pytest
import yaml

from tests.cli.conftest import PROJECT, Run
from webhook.admission.context import Context
from webhook.admission.pipeline import mutate
from webhook.cli.documents import files
from webhook.policy import Policy

APP = PROJECT / "examples/legacy-app/app.yaml"
NAMESPACE = PROJECT / "examples/legacy-app/namespace.yaml"
POLICY = PROJECT / "examples/legacy-app/policy.yaml"
POD = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec: {template: {spec: {containers: [{name: web, image: web, command: [/web]}]}}}
"""
FORMS = ("patch", "json", "yaml", "diff", "report")


@pytest.fixture
def pod(tmp_path: Path) -> Path:
    (tmp_path / "pod.yaml").write_text(POD)
    return tmp_path / "pod.yaml"


KEEPING = """\
apiVersion: apps/v1
kind: KIND
metadata: {name: web}
spec:
  replicas: 3
  template:
    metadata: {annotations: {richpod.io/persist: '[{"path": "/srv", "claim": "data"SINGLE}]'}}
    spec: {containers: [{name: web, image: web, command: [/web]}]}
  volumeClaimTemplates: [{metadata: {name: data}}]
"""


@pytest.mark.parametrize(("kind", "single", "code"), [("StatefulSet", "", 0), ("Deployment", ', "single": true', 1)])
def test_claims_are_those_that_the_controller_makes(richpod: Run, tmp_path: Path, kind: str, single: str, code: int) -> None:
    """And pods that would share one are as many as it makes; each would be changed, which is no reason to let them pass."""
    (tmp_path / "policy.yaml").write_text("profiles: {default: {allow: [persist]}}")
    (tmp_path / "web.yaml").write_text(KEEPING.replace("KIND", kind).replace("SINGLE", single))
    ran = richpod("dry-run", "-f", tmp_path / "web.yaml", "--policy", tmp_path / "policy.yaml")
    assert (ran.code, bool(ran.out)) == (code, True)
    shared = "3 pods at once (replicas 3) are created, each judged alone, and share claim data"
    said = f"persist refused: {shared}; to change: replicas: 1"
    assert (said in ran.err) == (code == 1)


def test_a_patch_is_printed_for_each_changed_pod(richpod: Run) -> None:
    ran = richpod("dry-run", "-f", APP, "-f", NAMESPACE, "--policy", POLICY)
    assert ran.code == 0
    assert len(ran.lines) == 2
    assert all(operation.keys() == {"op", "path", "value"} for patch in ran.lines for operation in patch)


def test_the_patch_is_the_one_that_the_webhook_records_for_the_pod_it_gets(richpod: Run, pod: Path) -> None:
    controller = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True, "blockOwnerDeletion": True}
    metadata = {"generateName": "web-", "namespace": "shop", "ownerReferences": [controller]}
    spec = {"containers": [{"name": "web", "image": "web", "command": ["/web"]}]}
    outcome = mutate({"metadata": metadata, "spec": spec}, "shop", Context(Policy(), "default", "privileged"))
    assert richpod("dry-run", "-f", pod, "-n", "shop").lines == [outcome.operations]


def test_names_and_verdicts_go_to_standard_error(richpod: Run) -> None:
    ran = richpod("dry-run", "-f", APP, "--namespace", NAMESPACE, "--policy", POLICY)
    assert ran.err.splitlines() == [
        f"Deployment shop/shop ({APP}#1): volumes applied: volume archive at /var/archive",
        f"Deployment shop/shop ({APP}#1): lxcfs applied: the application sees its own limits",
        f"Deployment shop/shop ({APP}#1): init applied: PID 1 is launch",
        f"CronJob shop/report ({APP}#3): lxcfs applied: the application sees its own limits",
        f"CronJob shop/report ({APP}#3): init applied: PID 1 is launch",
    ]


@pytest.mark.parametrize("form", FORMS)
def test_standard_input_is_a_file_like_any_other(richpod: Run, pod: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(pod.parent)
    from_file = richpod("dry-run", "-f", pod.name, "-o", form)
    from_stdin = richpod("dry-run", "-f", "-", "-o", form, stdin=POD)
    assert from_stdin.out == from_file.out.replace(pod.name, "stdin")


def test_a_guess_about_namespaces_is_said_once(richpod: Run, pod: Path) -> None:
    ran = richpod("dry-run", "-f", pod, "-f", pod, "-f", APP, "--policy", POLICY)
    guess = 'the labels of namespace default, shop are not known: assumed richpod.io/inject: "true", Pod Security privileged'
    assert [line for line in ran.err.splitlines() if "assumed" in line] == [f"richpod: {guess} (--namespace FILE tells)"]


@pytest.mark.parametrize("command", ["dry-run", "explain"])
def test_whoever_names_no_policy_is_told_which_one_judges(richpod: Run, pod: Path, command: str) -> None:
    said = "richpod: judged by the built-in policy (--policy FILE names another)"
    assert said in richpod(command, "-f", pod).err.splitlines()
    assert "built-in" not in richpod(command, "-f", pod, "--policy", POLICY).err


@pytest.mark.parametrize("command", ["dry-run", "explain"])
def test_what_the_webhook_would_ask_a_registry_is_said(richpod: Run, pod: Path, command: str) -> None:
    """No command that judges asks one: what it says is the same in CI and tomorrow."""
    pod.write_text("{apiVersion: v1, kind: Pod, metadata: {name: web}, spec: {containers: [{name: app, image: nginx}]}}")
    policy = pod.parent / "policy"
    policy.write_text("images: {registries: {docker.io: {}}}")
    said = "the webhook asks docker.io what images run, this command does not: richpod image-map writes images.map"
    assert f"richpod: {said}" in richpod(command, "-f", pod, "--policy", policy).err.splitlines()
    policy.write_text("images: {registries: {docker.io: {}}, map: {nginx: {cmd: [nginx]}}}")
    assert said not in richpod(command, "-f", pod, "--policy", policy).err


@pytest.mark.parametrize("form", FORMS)
def test_nothing_is_printed_before_all_is_read(richpod: Run, pod: Path, form: str) -> None:
    (pod.parent / "z.yaml").write_text("a: [\n")
    ran = richpod("dry-run", "-f", pod.parent, "-o", form)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"{pod.parent}/z.yaml:2: document 1: not YAML: ")


# --- exit code ---


@pytest.mark.parametrize(
    ("annotations", "code", "strict"),
    [
        ("{}", 0, 0),
        ("{richpod.io/inti: launch}", 0, 1),
        ("{richpod.io/volumes: nothing}", 1, 1),
    ],
)
@pytest.mark.parametrize("form", FORMS)
def test_the_exit_code_tells_of_refusals_and_strictly_of_skips(
    richpod: Run, pod: Path, form: str, annotations: str, code: int, strict: int
) -> None:
    pod.write_text(POD.replace("{spec: {c", f"{{metadata: {{annotations: {annotations}}}, spec: {{c"))
    words = ("dry-run", "-f", pod, "-o", form)
    assert (richpod(*words).code, richpod(*words, "--strict").code) == (code, strict)


# --- JSON ---


def test_json_says_which_object_and_which_entry(richpod: Run) -> None:
    (said, _) = richpod("dry-run", "-f", APP, "--namespace", NAMESPACE, "--policy", POLICY, "-o", "json").lines
    assert said["object"] == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "namespace": "shop",
        "name": "shop",
        "file": str(APP),
        "document": 1,
    }
    assert (said["entry"], said["profile"], said["level"]) == ("privileged.default.inject.richpod.io", "default", "privileged")
    assert (said["mode"], said["leftAlone"]) == ("enforce", None)
    assert [verdict["feature"] for verdict in said["verdicts"]] == ["volumes", "lxcfs", "init"]


def test_json_has_a_line_for_what_is_left_alone(richpod: Run, pod: Path) -> None:
    (said,) = richpod("dry-run", "-f", pod, "-n", "kube-system", "-o", "json").lines
    assert (said["entry"], said["patch"], said["leftAlone"]) == (None, [], "namespace kube-system is excluded")


# --- YAML and diff ---


def test_yaml_is_the_input_with_the_printed_patch_applied(richpod: Run, pod: Path) -> None:
    (patch,) = richpod("dry-run", "-f", pod).lines
    before, after = yaml.safe_load(POD), yaml.safe_load(richpod("dry-run", "-f", pod, "-o", "yaml").out)
    template = {"metadata": {}, **before["spec"]["template"]}
    assert after == before | {"spec": {"template": jsonpatch.apply_patch(template, patch)}}


def test_what_does_not_change_stays_byte_for_byte(richpod: Run, tmp_path: Path) -> None:
    text = "\ufeff# odd\r\nkind:   ConfigMap\r\ndata: {mode: 0644,\r\n  on: off}\r\n---\r\n# nothing\r\n---\n{}\n...\n"
    (tmp_path / "x.yaml").write_text(text, newline="")
    assert richpod("dry-run", "-f", tmp_path, "-o", "yaml").out == text
    assert richpod("dry-run", "-f", tmp_path, "-o", "diff").out == ""


def test_files_are_joined_to_a_stream_that_reads_as_all_of_them(richpod: Run, tmp_path: Path) -> None:
    for name, text in {"a.yaml": "a: 1", "b.yaml": "---\nb: 2\n", "c.json": '{"c": 3}\n', "d.yaml": "\ufeffd: 4\n"}.items():
        (tmp_path / name).write_text(text)
    ran = richpod("dry-run", "-f", tmp_path, "-o", "yaml")
    assert ran.out == 'a: 1\n---\nb: 2\n---\n{"c": 3}\n---\nd: 4\n'
    (file,) = files([("-", ran.out)])
    assert [document.data for document in file.documents] == [{"a": 1}, {"b": 2}, {"c": 3}, {"d": 4}]


def test_what_kubernetes_would_synthesize_is_not_shown(richpod: Run, pod: Path) -> None:
    out = richpod("dry-run", "-f", pod, "-o", "yaml").out
    assert "ownerReferences" not in out
    assert "generateName" not in out
    assert "namespace" not in out


def test_a_second_run_over_the_output_changes_nothing(richpod: Run, tmp_path: Path) -> None:
    shutil.copy(APP, tmp_path / "app.yaml")
    first = richpod("dry-run", "-f", tmp_path, "--policy", POLICY, "-o", "yaml").out
    (tmp_path / "app.yaml").write_text(first)
    assert richpod("dry-run", "-f", tmp_path, "--policy", POLICY).out == ""


def test_comments_that_cannot_be_kept_are_not_lost_in_silence(richpod: Run, tmp_path: Path) -> None:
    """A merge that stands behind the member it overrules: no place in the text holds what the pod gets."""
    container = "{<<: {name: a}, image: a, command: [/b], <<: {command: [/a]}} # kept no more"
    head = "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  template:\n    spec:\n      containers:\n"
    (tmp_path / "x.yaml").write_text(f"{head}      - {container}\n")
    ran = richpod("dry-run", "-f", tmp_path, "-o", "yaml")
    assert f"richpod: {tmp_path}/x.yaml#1: written anew, without its comments" in ran.err.splitlines()
    containers = yaml.safe_load(ran.out)["spec"]["template"]["spec"]["containers"]
    assert containers[0]["command"] == ["/.richpod/bin/launch", "--", "/a"]


# --- words of users ---


@pytest.mark.parametrize("form", ["patch", "json", "report"])
def test_a_name_cannot_steer_a_terminal(richpod: Run, tmp_path: Path, form: str) -> None:
    name = '"w\\0e\\x9b31m\\e[1mb\\nforged: line 😀"'
    (tmp_path / "x.yaml").write_text(POD.replace("name: web}\n", f"name: {name}, annotations: {{richpod.io/xx: {name}}}}}\n"))
    ran = richpod("dry-run", "-f", tmp_path, "-o", form)
    assert ran.code == 0
    for line in (ran.out + ran.err).split("\n"):
        assert line.isprintable()
        assert not line.startswith("forged")


def test_a_name_comes_through_as_it_is(richpod: Run, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(POD.replace("name: web}\n", 'name: "a\\0\\x9b\\u202e😀"}\n'))
    (said,) = richpod("dry-run", "-f", tmp_path, "-o", "json").lines
    assert said["object"]["name"] == "a\0\x9b\u202e😀"
    assert 'name: "a\\0\\x9b\\u202e😀"' in richpod("dry-run", "-f", tmp_path, "-o", "yaml").out


def test_a_huge_document_passes_through(richpod: Run, tmp_path: Path) -> None:
    text = "kind: ConfigMap\ndata:\n  log: |\n" + "    a line of a log\n" * 200_000
    (tmp_path / "x.yaml").write_text(text)
    assert richpod("dry-run", "-f", tmp_path, "-o", "yaml").out == text


def test_json_of_another_tool_is_read(richpod: Run) -> None:
    """A stream of objects, as jq prints it."""
    manifest = orjson.dumps(yaml.safe_load(POD)).decode()
    assert len(richpod("dry-run", "-f", "-", stdin=f"{manifest}\n{manifest}{manifest}").lines) == 3
