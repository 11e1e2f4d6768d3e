"""The state directory: generations, and files of others that are neither followed nor trusted."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import Container, Run, Until, hook, note, put, text, words
from tests.inpod.state_files import appeared

NAMES = ("generation", "running", "request", "result", "online", "ended", "switch")


def make(state: Path) -> Path:
    state.mkdir()
    state.chmod(0o777)
    return state


# --- generations -----------------------------------------------------------------------------------------------------------


def test_each_start_is_a_generation(container: Container, state: Path, tmp_path: Path) -> None:
    for count in (1, 2, 3):
        with container(*hook("prestart", "echo $RICHPOD_GENERATION >> log"), program="cat state/running >> log") as process:
            assert process.wait() == 0
        assert text(state / "generation") == f"{count}\n"
    assert words(tmp_path / "log") == ["1", "1", "2", "2", "3", "3"]


FOUND = {
    "41\n": "42\n",
    "9007199254740991\n": "9007199254740992\n",
    "9007199254740992\n": "1\n",
    "9007199254740993\n": "1\n",
    "18446744073709551617\n": "1\n",
    "0\n": "1\n",
    "-1\n": "1\n",
    "041\n": "1\n",
    "41": "1\n",
    "41 \n": "1\n",
    " 41\n": "1\n",
    "41 x\n": "1\n",
    "41\n42\n": "1\n",
    "41\0\n": "1\n",
    "": "1\n",
    "4" * 5000 + "\n": "1\n",
}


@pytest.mark.parametrize("found", FOUND, ids=lambda found: repr(found[:20]))
def test_a_generation_follows_what_was_found(container: Container, state: Path, found: str) -> None:
    put(make(state) / "generation", found)
    with container(program="true") as process:
        assert process.wait() == 0
    assert text(state / "generation") == FOUND[found]


def test_what_the_last_generation_left_is_gone_before_anything_runs(container: Container, state: Path, tmp_path: Path) -> None:
    make(state)
    for name in NAMES:
        put(state / name, "1\n")
    with container(*hook("poststop", "ls state >> log; exit 1"), program="true") as process:
        assert process.wait() == 0
    assert words(tmp_path / "log")[:2] == ["generation", "running"], "the latter for as long as poststop makes up for it"


def test_the_generation_is_told_after_all_else_of_it(container: Container, state: Path) -> None:
    """A sidecar that sees it must see by then that the program is held, or it would ask for preonline."""
    with appeared(make(state)) as names, container("--hold", program="true") as process:
        assert process.wait() == 0
    assert names[:3] == ["switch", "generation", "running"]


# --- directory and files ---------------------------------------------------------------------------------------------------


def test_whatever_the_umask_others_may_read_and_write(
    container: Container, state: Path, prepared: Callable[..., list[str]]
) -> None:
    with container(prefix=tuple(prepared("os.umask(0o077)")), program="umask > umask") as process:
        assert process.wait() == 0
    assert stat.filemode(state.stat().st_mode) == "drwxrwxrwx"
    assert {stat.filemode(file.stat().st_mode) for file in state.iterdir()} == {"-rw-r--r--"}
    assert text(state.parent / "umask").strip("0\n") == "77"


def link(state: Path) -> None:
    (state.parent / "elsewhere").mkdir()
    state.symlink_to("elsewhere")


def file(state: Path) -> None:
    state.write_text("1\n")


def closed(state: Path) -> None:
    state.mkdir(mode=0)


@pytest.mark.parametrize("put_there", [link, file, closed])
def test_what_an_earlier_program_put_in_the_directorys_place_does_not_keep_the_next_from_its_start(
    container: Container, state: Path, put_there: Callable[[Path], None]
) -> None:
    """And nothing is written where a link leads."""
    put_there(state)
    with container(program="true") as process:
        assert process.communicate() == (b"", b"")
    assert process.returncode == 0
    assert stat.filemode(state.lstat().st_mode) == "drwxrwxrwx"
    assert text(state / "generation") == "1\n"
    assert not any(elsewhere.iterdir()) if (elsewhere := state.parent / "elsewhere").exists() else True


@pytest.mark.parametrize("place", ["absent/state", "file/state"])
def test_a_directory_that_cannot_be_made_is_explained(run: Run, launch: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "file").touch()
    ran = run(launch, "--state", tmp_path / place, "--", "echo", "started")
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (71, b"", 1)
    assert ran.stderr.startswith(b"richpod: cannot make the state directory ")


def test_links_are_neither_followed_nor_believed(container: Container, state: Path, tmp_path: Path, until: Until) -> None:
    make(state)
    (tmp_path / "victim").write_text("1 preonline\n")
    for name in NAMES:
        (state / name).symlink_to(tmp_path / "victim")
        (state / f".{name}.new").symlink_to(tmp_path / "victim")
    with container(*note("preonline"), *note("poststop")) as process:
        until(lambda: text(state / "running") == "1\n" and not (state / "running").is_symlink())
        (state / "request").symlink_to(tmp_path / "victim")
        until(lambda: words(tmp_path / "log") == ["program"])
        process.terminate()
        assert process.wait() == 3
    assert text(tmp_path / "victim") == "1 preonline\n"
    assert words(tmp_path / "log") == ["program", "TERM", "poststop"]
    assert text(state / "ended") == "1 3 0\n"


def test_pipes_folders_and_huge_files_count_as_absent(container: Container, state: Path, until: Until) -> None:
    make(state)
    os.mkfifo(state / "generation")
    (state / "running").mkdir()
    (state / ".generation.new").mkdir()
    with (state / "request").open("wb") as file:
        file.truncate(1 << 40)
    with container():
        until(lambda: (state / "running").is_file())
        os.mkfifo(state / "request")
        (state / "switch").mkdir()
        (state / "online").mkdir()
        (state / "request").unlink()
        put(state / "request", "1 preonline\n")
        until(lambda: text(state / "online") == "1\n")
