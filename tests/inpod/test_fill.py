"""A volume is filled once from a folder of the image, whole, whatever kills who fills it; then it is the application's."""

import os
import random
import signal
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.inpod.container import TOOLKIT

Run = Callable[..., subprocess.CompletedProcess[bytes]]

KILLS = int(os.environ.get("RICHPOD_FILL_KILLS", "100"))


class Entry(NamedTuple):
    mode: int
    content: bytes
    modified: int


def entries(folder: Path) -> dict[str, Entry]:
    """All that is in it, without its own name."""
    found = {}
    for path in [folder, *folder.rglob("*")]:
        about = path.lstat()
        kind = stat.S_IFMT(about.st_mode)
        content = os.readlink(path).encode() if kind == stat.S_IFLNK else path.read_bytes() if kind == stat.S_IFREG else b""
        modified = 0 if kind == stat.S_IFLNK else about.st_mtime_ns
        found[str(path.relative_to(folder))] = Entry(about.st_mode, content, modified)
    return found


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder as applications have them, and worse."""
    folder = tmp_path / "image"
    for number in range(200):
        file = folder / f"d{number % 20}" / f"file {number}\n"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(random.Random(number).randbytes(number * 50))
        file.chmod(0o640 + number % 8)
    (folder / "large").write_bytes(bytes(3 << 20))
    (folder / "deep/er/est").mkdir(parents=True)
    (folder / "closed").mkdir(mode=0o500)
    (folder / "link").symlink_to("/no/such place")
    (folder / "program").write_bytes(b"#!/bin/sh\n")
    (folder / "program").chmod(0o4755)
    os.utime(folder / "program", ns=(10**18, 10**18))
    os.mkfifo(folder / "fifo")
    os.utime(folder, ns=(10**18, 10**18))
    return folder


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    made = tmp_path / "volume"
    made.mkdir()
    return made


def without_fifo(found: dict[str, Entry]) -> dict[str, Entry]:
    return {name: entry for name, entry in found.items() if name != "fifo"}


def test_it_holds_what_the_folder_holds_and_no_place_where_somebody_listens(
    launch: Path, run: Run, image: Path, volume: Path
) -> None:
    ended = run(launch, "fill", image, volume)
    assert (ended.returncode, ended.stderr) == (0, b"richpod: filled once from the image: 202 files, 3 MiB\n")
    assert entries(volume / "data") == without_fifo(entries(image))
    assert os.listdir(volume) == ["data"]


def test_what_is_there_is_never_written_again(launch: Path, run: Run, image: Path, volume: Path) -> None:
    assert run(launch, "fill", image, volume).returncode == 0
    (volume / "data/program").write_bytes(b"changed")
    (volume / "data/large").unlink()
    changed = entries(volume / "data")
    ended = run(launch, "fill", image, volume)
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert entries(volume / "data") == changed


def test_a_folder_that_the_image_does_not_have_is_an_empty_one(launch: Path, run: Run, tmp_path: Path, volume: Path) -> None:
    assert run(launch, "fill", tmp_path / "absent", volume).returncode == 0
    assert list((volume / "data").iterdir()) == []


def test_a_volume_that_is_not_there_is_explained(launch: Path, run: Run, image: Path, tmp_path: Path) -> None:
    ended = run(launch, "fill", image, tmp_path / "absent")
    assert ended.returncode == 71
    assert ended.stderr.startswith(b'richpod: cannot open the volume "')
    assert ended.stderr.endswith(b'": No such file or directory\n')


@TOOLKIT
def test_however_often_it_is_killed_nothing_is_lost_or_half_copied(launch: Path, run: Run, image: Path, tmp_path: Path) -> None:
    chance, wanted, kills, filled = random.Random(7), without_fifo(entries(image)), 0, 0
    while kills < KILLS:
        volume = tmp_path / f"volume-{filled}"
        volume.mkdir()
        while not (volume / "data").exists():
            with subprocess.Popen([launch, "fill", image, volume], stderr=subprocess.DEVNULL) as filling:
                time.sleep(chance.uniform(0, 0.15))
                filling.send_signal(signal.SIGKILL)
            kills += filling.returncode == -signal.SIGKILL
        filled += 1
        assert entries(volume / "data") == wanted
    print(f"\n{kills} kills while {filled} volumes were filled")
