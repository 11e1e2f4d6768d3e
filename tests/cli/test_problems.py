"""What is no manifest is an error with its line, and all errors are told at once."""

from pathlib import Path

import pytest

from tests.cli.conftest import Run
from webhook.cli.documents import files
from webhook.cli.problems import refuse_problems
from webhook.errors import BadInput

DEPLOYMENT = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
        - {name: web, image: web, command: [/web]}
"""
NAMESPACE = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {richpod.io/inject: true}}\n"


def problems(*texts: str | BadInput) -> list[str]:
    """Of files that are called 1, 2, …"""
    with pytest.raises(BadInput) as caught:
        refuse_problems(files((str(number), text) for number, text in enumerate(texts, 1)))
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    ("before", "after", "line", "sentence"),
    [
        ("image: web", "image: 5", 10, "spec.template.spec.containers[0].image is a whole number ('5'), not a string"),
        ("command: [/web]", "command: /web", 10, "spec.template.spec.containers[0].command is a string"),
        ("{app: web}", "{app: yes}", 7, "spec.template.metadata.labels.app is true or false"),
        ("{app: web}", "{richpod.io/inject: on}", 7, "spec.template.metadata.labels[richpod.io/inject] is true"),
        ("{name: web}\nspec", "{name: web, labels: []}\nspec", 4, "metadata.labels is a list, not a map"),
        ("metadata: {name: web}", "metadata: []", 4, "metadata is a list, not a map"),
        ("  template:", "  templates:", 5, "spec.template is missing"),
        ("    metadata: {labels: {app: web}}", "    metadata: x", 7, "spec.template.metadata is a string"),
        ("      containers:", "      container:", 8, "spec.template.spec.containers is missing"),
    ],
)
def test_what_is_no_pod_has_its_line(before: str, after: str, line: int, sentence: str) -> None:
    assert before in DEPLOYMENT
    (problem,) = problems(DEPLOYMENT.replace(before, after))
    assert problem.startswith(f"1:{line}: document 1: {sentence}")


def test_a_label_without_quotes_has_its_line() -> None:
    """The most common slip: `richpod.io/inject: true` is no string, and the API server refuses it."""
    (problem,) = problems(NAMESPACE)
    assert problem.startswith("1:3: document 1: metadata.labels[richpod.io/inject] is true or false")
    assert problem.endswith("quote it")


def test_all_problems_are_told_at_once_and_in_their_order() -> None:
    misshapen = DEPLOYMENT.replace("image: web", "image: 5")
    found = problems(
        f"{misshapen}---\na: ]\n---{DEPLOYMENT}---\n{NAMESPACE}", BadInput("2: not UTF-8"), DEPLOYMENT, f"a: [\n---{misshapen}"
    )
    assert [problem.split(": ")[:2] for problem in found] == [
        ["1:10", "document 1"],
        ["1:12", "document 2"],
        ["1:26", "document 4"],
        ["2", "not UTF-8"],
        ["4:2", "document 1"],
        ["4:11", "document 2"],
    ]


def test_every_object_of_a_list_is_looked_at() -> None:
    item = '{"apiVersion": "v1", "kind": "Pod", "spec": {}}'
    found = problems(f'{{"apiVersion": "v1", "kind": "List", "items": [\n{item},\n{item}]}}')
    assert [problem.split(": ")[2].split(" ")[0] for problem in found] == ["items[0].spec.containers", "items[1].spec.containers"]


def test_files_of_namespaces_are_looked_at_with_the_manifests(richpod: Run, tmp_path: Path) -> None:
    (tmp_path / "pod").write_text("a: ]")
    (tmp_path / "ns.yaml").write_text(NAMESPACE)
    ran = richpod("dry-run", "-f", tmp_path / "pod", "-f", tmp_path / "nothing", "--namespace", tmp_path / "ns.yaml")
    assert (ran.code, ran.out) == (2, "")
    assert [line.split(":")[0] for line in ran.err.splitlines()] == [
        str(tmp_path / name) for name in ("pod", "nothing", "ns.yaml")
    ]


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ("{name: data}", "volumeClaimTemplates is a map, not a list"),
        ("[data]", "volumeClaimTemplates[0] is a string ('data'), not a map"),
        ("[{metadata: {name: []}}]", "volumeClaimTemplates[0].metadata.name is a list, not a string"),
    ],
)
def test_claims_of_a_stateful_set_are_read(claims: str, said: str) -> None:
    held = f"{{template: {{spec: {{containers: []}}}}, volumeClaimTemplates: {claims}}}"
    assert problems(f"apiVersion: apps/v1\nkind: StatefulSet\nspec: {held}\n") == [f"1:3: document 1: spec.{said}"]
