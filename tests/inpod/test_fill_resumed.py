"""What an earlier start left in a volume, and what of the image goes there: each entry as it is, whoever it belongs to."""

import fcntl
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import TOOLKIT, Run, Start

REFUSED = {"syncfs": (306, 267), "fsync": (74, 82)}
"""Calls by their numbers on x86-64 and on all newer architectures."""

pytestmark = TOOLKIT


@pytest.fixture
def image(tmp_path: Path) -> Path:
    folder = tmp_path / "image"
    (folder / "below").mkdir(parents=True)
    (folder / "file").write_bytes(b"whole")
    (folder / "below/link").symlink_to("/there")
    os.utime(folder / "file", (10**9, 10**9))
    return folder


@pytest.fixture
def part(volume: Path) -> Path:
    """What a start that was killed has copied so far."""
    folder = volume / "data.new"
    (folder / "below").mkdir(parents=True)
    return folder


# --- what an earlier start left --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("left", "seconds"), [(b"who", 10**9), (b"", 10**9), (b"older", 10**9 - 1)])
def test_a_file_that_is_not_the_image_s_is_copied_again(
    launch: Path, run: Run, image: Path, part: Path, volume: Path, left: bytes, seconds: int
) -> None:
    """A machine that loses its power leaves shorter ones; another image has newer ones."""
    (part / "file").write_bytes(left)
    os.utime(part / "file", (seconds, seconds))
    assert run(launch, "fill", image, volume).returncode == 0
    assert (volume / "data/file").read_bytes() == b"whole"


def test_what_was_being_written_is_not_in_the_way_and_does_not_stay(
    launch: Path, run: Run, image: Path, part: Path, volume: Path
) -> None:
    (image / "empty").mkdir()
    (part / "empty").mkdir()
    for folder in (part, part / "below", part / "empty"):
        (folder / ".richpod-fill").write_bytes(b"half")
    ended = run(launch, "fill", image, volume)
    assert (ended.returncode, list(volume.rglob(".richpod-fill"))) == (0, [])
    assert os.readlink(volume / "data/below/link") == "/there"


def test_numbers_of_an_earlier_image_s_files_mean_nothing(launch: Path, run: Run, image: Path, volume: Path) -> None:
    (image / "twin").hardlink_to(image / "file")
    about = (image / "file").stat()
    (volume / "data.links").mkdir()
    (volume / f"data.links/{about.st_dev:x}-{about.st_ino:x}").write_bytes(b"another")
    assert run(launch, "fill", image, volume).returncode == 0
    assert (volume / "data/file").read_bytes() == b"whole"
    assert (volume / "data/file").samefile(volume / "data/twin")


@pytest.mark.parametrize(("refused", "found"), [("syncfs", ["data.new"]), ("fsync", ["data"])])
def test_the_name_is_there_once_all_it_leads_to_is_stored(
    launch: Path, run: Run, image: Path, volume: Path, refused: str, found: list[str]
) -> None:
    """A call is refused to tell where it stands: a volume that cannot store what it was given must not pass for filled."""
    script = """
import ctypes, errno, os, platform, struct, sys
number = int(sys.argv[1 + (platform.machine() != "x86_64")])
steps = [(0x20, 0, 0, 0), (0x15, 0, 1, number), (0x06, 0, 0, 0x50000 | errno.EIO), (0x06, 0, 0, 0x7fff0000)]
filter = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
program = ctypes.create_string_buffer(struct.pack("HP", len(steps), ctypes.addressof(filter)))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, 1, 0, 0, 0) == 0 and libc.prctl(22, 2, program) == 0
os.execv(sys.argv[3], sys.argv[3:])
"""
    numbers = [str(number) for number in REFUSED[refused]]
    ended = run(sys.executable, "-c", script, *numbers, launch, "fill", image, volume)
    assert (ended.returncode, os.listdir(volume)) == (71, found)
    assert ended.stderr.startswith(b"richpod: cannot finish what was filled from ")


def test_the_first_process_of_a_container_ends_when_it_is_told_to(
    namespaces: tuple[str, ...], launch: Path, start: Start, image: Path, volume: Path, children: Callable[[int], list[int]]
) -> None:
    """A pod that is deleted would wait for it; what it leaves is for the next start."""
    another = os.open(volume, os.O_RDONLY)
    fcntl.flock(another, fcntl.LOCK_EX)
    with start(*namespaces, launch, "fill", image, volume) as filling:
        assert filling.stderr
        assert filling.stderr.readline().startswith(b"richpod: another pod fills the volume")
        os.kill(children(filling.pid)[0], signal.SIGTERM)
        assert filling.wait(30) == 143
    os.close(another)


# --- what of the image goes there ------------------------------------------------------------------------------------------


def test_what_the_image_does_not_have_is_everybodys_to_enter(launch: Path, run: Run, tmp_path: Path, volume: Path) -> None:
    assert run(launch, "fill", tmp_path / "absent", volume).returncode == 0
    assert (volume / "data").stat().st_mode & 0o777 == 0o755


def test_each_belongs_to_whom_it_belongs_in_the_image(as_root: None, launch: Path, run: Run, image: Path, volume: Path) -> None:
    names = ("file", "below", "below/link")
    for number, name in enumerate(names):
        os.chown(image / name, 1000 + number, 2000 + number, follow_symlinks=False)
    assert run(launch, "fill", image, volume).returncode == 0
    found = [(volume / "data" / name).lstat() for name in names]
    assert [(about.st_uid, about.st_gid) for about in found] == [(1000, 2000), (1001, 2001), (1002, 2002)]


def test_to_who_may_not_give_files_away_the_copies_belong(
    as_root: None, launch: Path, run: Run, image: Path, volume: Path
) -> None:
    for name in ("file", "below/link"):
        os.chown(image / name, 1000, 1000, follow_symlinks=False)
    (image / "file").chmod(0o6755)
    ended = run("setpriv", "--bounding-set=-chown", launch, "fill", image, volume)
    assert ended.returncode == 0, ended.stderr
    about = (volume / "data/file").stat()
    assert (about.st_uid, about.st_mode & 0o7777) == (0, 0o755)
    assert (volume / "data/below/link").lstat().st_uid == 0


def test_attributes_of_what_may_not_be_written_are_kept(launch: Path, run: Run, image: Path, volume: Path) -> None:
    os.setxattr(image / "file", "user.note", b"kept")
    (image / "file").chmod(0o444)
    assert run("unshare", "--user", launch, "fill", image, volume).returncode == 0
    assert os.getxattr(volume / "data/file", "user.note") == b"kept"


def test_what_overlays_note_stays_in_the_image(as_root: None, launch: Path, run: Run, image: Path, volume: Path) -> None:
    os.setxattr(image / "below", "trusted.overlay.opaque", b"y")
    assert run(launch, "fill", image, volume).returncode == 0
    assert os.listxattr(volume / "data/below") == []


def test_nothing_stays_open_that_has_been_copied(launch: Path, run: Run, image: Path, volume: Path) -> None:
    for number in range(50):
        (image / f"folder-{number}").mkdir()
        (image / f"file-{number}").write_bytes(b"")
    ended = run("sh", "-c", 'ulimit -n 16; exec "$@"', "sh", launch, "fill", image, volume)
    assert ended.returncode == 0, ended.stderr


def test_folders_that_lie_too_deep_are_explained(launch: Path, run: Run, image: Path, volume: Path) -> None:
    (image / "/".join(["d"] * 513)).mkdir(parents=True)
    ended = run("sh", "-c", 'ulimit -n 2000; exec "$@"', "sh", launch, "fill", image, volume)
    assert ended.returncode == 71
    assert ended.stderr.endswith(b'cannot copy "d" into the volume: Too many levels of symbolic links\n')
