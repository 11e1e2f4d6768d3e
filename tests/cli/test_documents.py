"""Files as documents: cut where Kubernetes cuts, together the file again, every error with its line."""

import pytest

from webhook.cli.documents import Document, dotted, files, pointed


def documents(text: str) -> list[Document]:
    (file,) = files([("x.yaml", text)])
    assert file.bom + "".join(document.text for document in file.documents) == text
    return file.documents


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("a: 1\n", [{"a": 1}]),
        ("a: 1\n---\nb: 2\n", [{"a": 1}, {"b": 2}]),
        ("---\na: 1\n---\nb: 2", [{"a": 1}, {"b": 2}]),
        ("# head\n\n---\na: 1\n", [{"a": 1}]),
        ("%YAML 1.1\n---\na: 1\n", [{"a": 1}]),
        ("a: 1\n---\n---\n# nothing\n---\nb: 2\n", [{"a": 1}, None, None, {"b": 2}]),
        ("--- # first\na: 1\n--- {b: 2}\n", [{"a": 1}, {"b": 2}]),
        ("a: 1\n...\n---\nb: 2\n...\n", [{"a": 1}, {"b": 2}]),
        ("a: 1\r\n---\r\nb: 2\r\n", [{"a": 1}, {"b": 2}]),
        ("\ufeffa: 1\n", [{"a": 1}]),
        ("a: |\n  text\n  ---\n  more\n", [{"a": "text\n---\nmore\n"}]),
        ("a: ---x\n", [{"a": "---x"}]),
        ("", [None]),
        ("# nothing\n", [None]),
        ('{"a": 1}\n', [{"a": 1}]),
        ('{"a": 1}{"b": "}{"}\n{"c": 3}', [{"a": 1}, {"b": "}{"}, {"c": 3}]),
        ('{"a": 1}\n---\n{"b": 2}\n', [{"a": 1}, {"b": 2}]),
        ("{a: 1}\n---\n{b: 2}\n", [{"a": 1}, {"b": 2}]),
        ('{"a": 1} \r\n{"b": 2}\n\n', [{"a": 1}, {"b": 2}]),
    ],
)
def test_a_file_is_cut_before_each_separator(text: str, data: list[object]) -> None:
    found = documents(text)
    assert [document.data for document in found] == data
    assert [document.number for document in found] == list(range(1, len(data) + 1))


def test_what_cannot_be_read_is_a_document_with_a_problem_that_names_file_line_and_document() -> None:
    first, second, third = documents("a: 1\n---\nb: 2\n# here\nc: ]\n---\nd: 3\n")
    assert second.data is None
    assert second.problem.startswith("x.yaml:5: document 2: not YAML: ")
    assert (first.problem, third.problem, third.data) == ("", "", {"d": 3})


@pytest.mark.parametrize(
    "text",
    ["image: {{ .Values.image }}\n", "{{- if .Values.on }}\na: 1\n{{- end }}\n", '- {{ include "x" . }}\nb: 1\n'],
)
def test_a_template_is_called_one(text: str) -> None:
    (document,) = documents(text)
    assert document.problem.endswith("; this is a template: render it first (helm template)")


@pytest.mark.parametrize("text", ['a: "{{ x }}"\nb: ]\n', "a: |\n  say {{ x }}\nb: ]\n"])
def test_braces_inside_of_a_string_make_no_template(text: str) -> None:
    (document,) = documents(text)
    assert "template" not in document.problem


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("spec", "containers", 1, "image"), 8),
        (("spec", "containers", 1, "command"), 7),
        (("spec", "containers", 5), 5),
        (("metadata", "labels", "1"), 4),
        (("spec", "volumes"), 5),
        ((), 2),
    ],
)
def test_a_place_has_the_line_of_the_deepest_part_that_is_there(path: tuple[str | int, ...], line: int) -> None:
    text = '---\nkind: Pod\nmetadata:\n  labels: {1: "x"}\nspec: {containers: [\n{name: a, image: b},\n{name: c,\nimage: d}]}\n'
    (document,) = documents(text)
    assert document.said(path, "is wrong").startswith(f"x.yaml:{line}: document 1: ")


def test_the_lines_of_a_later_document_are_those_of_the_file() -> None:
    _, second = documents("a: 1\n---\n# comment\nb:\n  c: 2\n")
    assert second.said(("b", "c"), "is wrong") == "x.yaml:5: document 2: b.c is wrong"


@pytest.mark.parametrize(
    ("pointer", "written"),
    [
        ("/spec/containers/0/image", "spec.containers[0].image"),
        ("/metadata/annotations/richpod.io~1init", "metadata.annotations[richpod.io/init]"),
        ("/", ""),
    ],
)
def test_a_pointer_becomes_a_path_for_people(pointer: str, written: str) -> None:
    assert dotted(pointed(pointer)) == written
