"""What the launcher says of files that it cannot write or remove: each look meets them, and the log must not fill with it."""

from contextlib import suppress
from pathlib import Path

from tests.inpod.container import SANITIZED, TOOLKIT, Container, Until, put, text


def wait_for_a_look(state: Path, until: Until) -> None:
    """What is forged goes at each look, after the files that are kept: the second goes at one that began after this call."""
    for _ in range(2):
        put(state / "online", "9\n")
        until(lambda: not (state / "online").exists())


def obstruct(state: Path, name: str) -> None:
    """Puts a folder, which is not empty, in the place of a file, however often the launcher makes that again."""
    (state / "folder/full").mkdir(parents=True)
    while (state / "folder").exists():
        (state / name).unlink(missing_ok=True)
        with suppress(NotADirectoryError):
            (state / "folder").rename(state / name)


@TOOLKIT
def test_files_in_different_trouble_are_told_once_each(container: Container, state: Path, until: Until) -> None:
    with container() as process:
        until(lambda: text(state / "running") != "")
        obstruct(state, ".generation.new")
        (state / "generation").unlink()
        obstruct(state, "running")
        for _ in range(3):
            wait_for_a_look(state, until)
        process.terminate()
        _, err = process.communicate()
    assert sorted(err.decode().splitlines()) == [
        'richpod: cannot write "generation": File exists',
        'richpod: cannot write "running": Directory not empty',
    ]


@TOOLKIT
def test_trouble_that_comes_and_goes_is_not_told_each_time(container: Container, state: Path, until: Until) -> None:
    with container() as process:
        until(lambda: text(state / "running") != "")
        for _ in range(3):
            obstruct(state, "generation")
            wait_for_a_look(state, until)
            (state / "generation/full").rmdir()
            until((state / "generation").is_file)
        process.terminate()
        _, err = process.communicate()
    assert err.decode() == 'richpod: cannot write "generation": Directory not empty\n'


@SANITIZED
def test_trouble_that_has_changed_is_told_after_a_while(container: Container, state: Path, until: Until) -> None:
    """A minute, and a tenth of it where all is looked at more often."""
    with container() as process:
        until(lambda: text(state / "running") != "")
        assert process.stderr
        obstruct(state, "generation")
        assert process.stderr.readline() == b'richpod: cannot write "generation": Directory not empty\n'
        obstruct(state, ".generation.new")
        assert process.stderr.readline() == b'richpod: cannot write "generation": File exists\n'
