"""The online file that a person chose a path for: what stands there already, and what does not."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import STAY, Container, Until, ask, put, text, words


def test_an_online_file_whose_directory_is_not_there_fails_and_is_said(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    with container("--online-file", str(tmp_path / "absent/file"), program=STAY) as process:
        assert ask(state, until)[2] == "71"
        assert not (state / "online").exists()
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate()
    assert err.decode() == f'richpod: cannot write "{tmp_path}/absent/file": No such file or directory\n'


def test_the_online_file_is_a_regular_file_that_replaces_a_link(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    (tmp_path / "victim").write_text("kept")
    os.symlink("victim", tmp_path / "file")
    with container("--online-file", str(tmp_path / "file")):
        until(lambda: text(state / "running") == "1\n")
        os.symlink("victim", tmp_path / "file")
        os.symlink("victim", tmp_path / ".file.new")
        ask(state, until)
        assert (tmp_path / "file").is_file()
        assert not (tmp_path / "file").is_symlink()
        assert text(tmp_path / "victim") == "kept"


IN_ITS_PLACE: dict[str, Callable[[Path], None]] = {"Is a directory": Path.mkdir, "Operation not supported": os.mkfifo}


@pytest.mark.parametrize("why", IN_ITS_PLACE)
@pytest.mark.parametrize("name", ["file", ".file.new"])
def test_what_is_no_file_is_left_where_it_is(
    container: Container, state: Path, tmp_path: Path, until: Until, name: str, why: str
) -> None:
    """A path that somebody mistook may name an empty volume; that it cannot be the online file is said once."""
    IN_ITS_PLACE[why](tmp_path / name)
    with container("--online-file", str(tmp_path / "file")) as process:
        assert ask(state, until)[2] == "71"
        process.terminate()
        _, err = process.communicate()
    assert (tmp_path / name).is_dir() or (tmp_path / name).is_fifo()
    told = ("remove", why) if name == "file" else ("write", "File exists")
    assert err.decode() == f'richpod: cannot {told[0]} "{tmp_path}/file": {told[1]}\n'


def test_what_somebody_else_put_in_its_place_goes_with_it(
    container: Container, state: Path, tmp_path: Path, until: Until
) -> None:
    """Also where it says the same: while the program drains, its own web server would still show it."""
    with container("--online-file", str(tmp_path / "file"), "--drain", "1000") as process:
        ask(state, until)
        put(tmp_path / "file", "1\n")
        process.terminate()
        until(lambda: not (tmp_path / "file").exists() and words(tmp_path / "log") == ["program"])
        process.terminate()
        assert process.wait() == 3


FORGED = {
    "touched": b"",
    "a page": b"<html>\nOK\n</html>\n",
    "no newline": b"1",
    "bytes": b"\0\xff",
    "large": b"x" * 100_000,
    "another number": b"7\n",
}


@pytest.mark.parametrize("content", FORGED.values(), ids=FORGED)
def test_nobody_else_brings_it_online_whatever_the_file_holds(
    container: Container, state: Path, tmp_path: Path, until: Until, content: bytes
) -> None:
    """What follows the file asks whether it is there, and reads nothing."""
    with container("--online-file", str(tmp_path / "file"), program=STAY):
        until(lambda: words(tmp_path / "log") == ["program"])
        (tmp_path / "file").write_bytes(content)
        until(lambda: not (tmp_path / "file").exists())
        ask(state, until)
        (tmp_path / "file").write_bytes(content)
        until(lambda: not (tmp_path / "file").exists() and not (state / "online").exists())


def test_nor_a_link(container: Container, tmp_path: Path, until: Until) -> None:
    with container("--online-file", str(tmp_path / "file"), program=STAY):
        until(lambda: words(tmp_path / "log") == ["program"])
        for target in ("log", "absent"):
            os.symlink(target, tmp_path / "file")
            until(lambda: not (tmp_path / "file").is_symlink())
