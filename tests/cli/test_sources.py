"""Files, folders and standard input."""

import os
from pathlib import Path

import pytest

from webhook.cli.sources import texts
from webhook.errors import BadInput


def problems(*paths: Path) -> list[str]:
    return [str(text) for _, text in texts(map(str, paths)) if isinstance(text, BadInput)]


def test_a_folder_is_read_recursively_and_in_order(tmp_path: Path) -> None:
    for name in ("b.yaml", "a/z.yml", "a/c.json", "a/README.md", "c.yaml.bak"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    found = list(texts([str(tmp_path)]))
    assert [Path(name).relative_to(tmp_path).as_posix() for name, _ in found] == ["a/c.json", "a/z.yml", "b.yaml"]
    assert [text for _, text in found] == ["a/c.json", "a/z.yml", "b.yaml"]


def test_a_file_may_end_in_anything(tmp_path: Path) -> None:
    (tmp_path / "manifest").write_text("a: 1")
    assert list(texts([str(tmp_path / "manifest")])) == [(str(tmp_path / "manifest"), "a: 1")]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a: 1\nb: \xe9\n", ":2: not UTF-8 (byte 0xe9); save the file as UTF-8"),
        ("a: 1\n".encode("utf-16"), ":1: not UTF-8 (looks like UTF-16); save the file as UTF-8"),
    ],
)
def test_what_is_not_utf8_is_an_error(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "x.yaml").write_bytes(content)
    assert problems(tmp_path) == [f"{tmp_path}/x.yaml{sentence}"]


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert problems(tmp_path / "nothing", tmp_path / "empty") == [
        f"{tmp_path}/nothing: No such file or directory",
        f"{tmp_path}/empty: holds no file that ends in .yaml, .yml, .json",
    ]


def test_a_name_that_is_not_utf8_can_be_shown(tmp_path: Path) -> None:
    path = bytes(tmp_path) + b"/\xff.yaml"
    with open(path, "w") as file:
        file.write("a: 1")
    ((name, _),) = texts([str(tmp_path)])
    assert name.endswith("/\N{REPLACEMENT CHARACTER}.yaml")


def test_a_folder_shows_nothing_from_outside_it_and_waits_for_nothing(tmp_path: Path) -> None:
    secret, folder = tmp_path / "secret.txt", tmp_path / "manifests"
    secret.write_text("s3cret: 1")
    (folder / "..data").mkdir(parents=True)
    (folder / "..data" / "inner").write_text("a: 1")
    (folder / "inside.yaml").symlink_to("..data/inner")  # as a ConfigMap is mounted
    (folder / "out.yaml").symlink_to(secret)
    (folder / "zero.yaml").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.yaml")
    found = dict(texts([str(folder)]))
    assert found.pop(f"{folder}/inside.yaml") == "a: 1"
    assert {str(text) for text in found.values()} == {
        f"{folder}/out.yaml: is a link that leads out of {folder}; name the file itself",
        f"{folder}/zero.yaml: is a link that leads out of {folder}; name the file itself",
        f"{folder}/pipe.yaml: is no regular file",
    }
