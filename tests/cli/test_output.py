"""Whoever reads the file sees the old one or the new one, whole."""

import os
from pathlib import Path

import pytest

from webhook.cli.output import output
from webhook.errors import BadInput


def test_the_old_file_is_there_until_the_new_one_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_text("old")
    with file.open() as reader:
        with output(str(file)) as write:
            write("new")
            assert file.read_text() == "old"
        assert reader.read() == "old"
    assert file.read_text() == "new"
    assert os.listdir(tmp_path) == ["map.json"]


def test_a_failure_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "map.json"
    file.write_text("old")
    with pytest.raises(KeyboardInterrupt), output(str(file)):
        raise KeyboardInterrupt
    assert file.read_text() == "old"
    assert os.listdir(tmp_path) == ["map.json"]


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "map.json")
    with output(str(tmp_path / "link")) as write:
        write("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "map.json").read_text() == "new"


@pytest.mark.parametrize(
    ("name", "why"), [("no/map.json", "No such file or directory"), (".", "is no regular file"), ("pipe", "is no regular file")]
)
def test_what_cannot_be_written_is_said_before_any_work(
    name: str, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    with pytest.raises(BadInput, match=f"^{name}: {why}$"), output(name):
        pytest.fail("work was done")
