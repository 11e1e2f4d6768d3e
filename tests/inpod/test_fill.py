"""A volume is filled once from a folder of the image, whole, whatever kills who fills it; then it is the application's."""

import fcntl
import os
import random
import re
import signal
import stat
import struct
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.inpod.conftest import NAMESPACES
from tests.inpod.container import TOOLKIT, Run, Start

KILLS = int(os.environ.get("RICHPOD_FILL_KILLS", "10"))
OWNER_ALONE = ("unshare", "--user")
"""Who owns the files, without root's rights."""
LEFT_OUT = b"richpod: left out what user 65534 may not read: 2 files and folders"
FORBIDDEN = (
    b"richpod: user 65534 may not write into the volume: name a group in the pod's securityContext.fsGroup; of a kind of volume "
    b"that takes none (hostPath, NFS) give the folder to that user once\n"
)
FULL = r"richpod: the volume is full after \d+ files, \d MiB: give its claim more storage, and the next start goes on"


class Entry(NamedTuple):
    mode: int
    content: bytes
    modified: int
    names: int
    attributes: dict[str, bytes]


LET_IN = (2).to_bytes(4, "little") + b"".join(
    struct.pack("<HHI", *entry) for entry in ((1, 7, 0), (2, 7, 1000), (4, 5, 0), (0x10, 7, 0), (0x20, 5, 0))
)
"""The access control list by which user 1000 may do everything."""


def entries(folder: Path) -> dict[str, Entry]:
    """All that is in it, without its own name."""
    return {str(path.relative_to(folder)): entry(path) for path in [folder, *folder.rglob("*")]}


def entry(path: Path) -> Entry:
    about = path.lstat()
    if stat.S_ISLNK(about.st_mode):
        return Entry(about.st_mode, os.readlink(path).encode(), about.st_mtime_ns, 1, {})
    attributes = {key: os.getxattr(path, key) for key in os.listxattr(path)}
    if not stat.S_ISREG(about.st_mode):
        return Entry(about.st_mode, b"", about.st_mtime_ns, 1, attributes)
    return Entry(about.st_mode, path.read_bytes(), about.st_mtime_ns, about.st_nlink, attributes)


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
    (folder / "link").symlink_to("/no/such place" * 200)
    (folder / "program").write_bytes(b"#!/bin/sh\n")
    (folder / "program").chmod(0o4755)
    os.utime(folder / "program", ns=(10**18, 10**18))
    os.setxattr(folder / "program", "user.note", b"kept")
    (folder / "d1/once more").hardlink_to(folder / "program")
    os.mkfifo(folder / "fifo")
    os.utime(folder, ns=(10**18, 10**18))
    return folder


def without_fifo(found: dict[str, Entry]) -> dict[str, Entry]:
    return {name: entry for name, entry in found.items() if name != "fifo"}


def test_it_holds_what_the_folder_holds_and_no_place_where_somebody_listens(
    launch: Path, run: Run, image: Path, volume: Path
) -> None:
    ended = run(launch, "fill", image, volume)
    assert (ended.returncode, ended.stderr) == (0, b"richpod: filled once from the image: 203 files, 3 MiB\n")
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


def test_holes_stay_holes(launch: Path, run: Run, tmp_path: Path, volume: Path) -> None:
    """Records of logins and databases are a hundred times as long as what is in them."""
    (tmp_path / "image").mkdir()
    with (tmp_path / "image/sparse").open("wb") as sparse:
        sparse.seek(32 << 20)
        sparse.write(b"end")
        sparse.truncate(64 << 20)
    assert run(launch, "fill", tmp_path / "image", volume).returncode == 0
    copy = volume / "data/sparse"
    assert copy.read_bytes() == (tmp_path / "image/sparse").read_bytes()
    assert copy.stat().st_blocks * 512 < 1 << 20


def test_a_program_keeps_its_capabilities(launch: Path, run: Run, image: Path, volume: Path) -> None:
    """A change of owner, even to the same, takes them away."""
    script = """
import os, subprocess, sys
launch, image, volume = sys.argv[1:]
capability = bytes.fromhex("0100000200200000000000000000000000000000")
os.setxattr(f"{image}/program", "security.capability", capability)
subprocess.run([launch, "fill", image, volume], check=True)
assert os.getxattr(f"{volume}/data/program", "security.capability") == os.getxattr(f"{image}/program", "security.capability")
"""
    ended = run(*NAMESPACES, sys.executable, "-c", script, launch, image, volume)
    assert ended.returncode == 0, ended.stderr


def test_what_the_user_may_not_read_is_left_out_and_nobody_gets_its_rights(
    launch: Path, run: Run, image: Path, volume: Path
) -> None:
    (image / "large").chmod(0)
    (image / "d2").chmod(0)
    ended = run(*OWNER_ALONE, launch, "fill", image, volume)
    assert (ended.returncode, ended.stderr.splitlines()[1:]) == (0, [LEFT_OUT])
    assert not {"large", "d2"} & set(os.listdir(volume / "data"))
    assert stat.S_IMODE((volume / "data/program").stat().st_mode) == 0o755


def test_a_volume_that_the_user_may_not_write_is_explained(launch: Path, run: Run, image: Path, volume: Path) -> None:
    volume.chmod(0o555)
    ended = run(*OWNER_ALONE, launch, "fill", image, volume)
    assert (ended.returncode, ended.stderr) == (71, FORBIDDEN)


def test_a_file_is_no_folder(launch: Path, run: Run, image: Path, volume: Path) -> None:
    ended = run(launch, "fill", image / "program", volume)
    assert ended.returncode == 71
    assert ended.stderr.endswith(b'/program" of the image is no folder: keep the folder it lies in\n')
    assert os.listdir(volume) == []


def test_a_folder_may_be_a_link_of_the_image(launch: Path, run: Run, image: Path, tmp_path: Path, volume: Path) -> None:
    """As /var/run is."""
    (tmp_path / "linked").symlink_to("image")
    assert run(launch, "fill", tmp_path / "linked", volume).returncode == 0
    assert entries(volume / "data") == without_fifo(entries(image))


def test_what_a_file_system_puts_into_a_new_volume_is_not_the_application_s(
    launch: Path, run: Run, image: Path, volume: Path
) -> None:
    (volume / "lost+found").mkdir()
    assert run(launch, "fill", image, volume).returncode == 0
    assert entries(volume / "data") == without_fifo(entries(image))


def test_whom_the_volume_lets_in_by_default_the_copies_do_not(launch: Path, run: Run, image: Path, volume: Path) -> None:
    """Only lists of the original's are kept."""
    os.setxattr(volume, "system.posix_acl_default", LET_IN)
    os.setxattr(image / "d3", "system.posix_acl_default", LET_IN)
    os.setxattr(image / "large", "system.posix_acl_access", LET_IN)
    assert run(launch, "fill", image, volume).returncode == 0
    assert entries(volume / "data") == without_fifo(entries(image))


@pytest.mark.parametrize("most", [40, 41, 42])
def test_more_folders_than_can_be_open_are_explained(launch: Path, run: Run, tmp_path: Path, volume: Path, most: int) -> None:
    (tmp_path / "image" / "/".join(["d"] * 50)).mkdir(parents=True)
    ended = run("sh", "-c", f'ulimit -n {most}; exec "$@"', "sh", launch, "fill", tmp_path / "image", volume)
    assert (ended.returncode, ended.stderr) == (71, b'richpod: cannot copy "d" into the volume: Too many open files\n')


@pytest.mark.parametrize("lock", [fcntl.LOCK_EX, fcntl.LOCK_SH])
def test_another_pod_that_fills_the_volume_is_waited_for(
    launch: Path, start: Start, image: Path, volume: Path, lock: int
) -> None:
    another = os.open(volume, os.O_RDONLY)
    fcntl.flock(another, lock)
    with start(launch, "fill", image, volume) as filling:
        assert filling.stderr
        assert filling.stderr.readline() == b"richpod: another pod fills the volume: waiting until it has\n"
        assert os.listdir(volume) == []
        os.close(another)
        assert filling.stderr.readline() == b"richpod: filled once from the image: 203 files, 3 MiB\n"
        assert filling.wait() == 0


def test_a_full_volume_is_explained_and_filled_on_when_it_is_larger(launch: Path, run: Run, image: Path, volume: Path) -> None:
    script = """
mount -t tmpfs -o size=3m tmpfs "$3" || exit 99
"$1" fill "$2" "$3" && exit 98
ls -A "$3" >&2
mount -o remount,size=16m "$3" && "$1" fill "$2" "$3" && ls -A "$3" >&2 && diff -r --no-dereference --exclude=fifo "$2" "$3/data"
"""
    ended = run(*NAMESPACES, "sh", "-c", script, "sh", launch, image, volume)
    assert ended.returncode == 0, ended.stderr
    said = ended.stderr.decode().splitlines()
    assert re.fullmatch(FULL, said[0])
    assert said[1:] == ["data.links", "data.new", "richpod: filled once from the image: 203 files, 3 MiB", "data"]


def test_a_volume_that_nobody_may_write_is_explained(launch: Path, run: Run, image: Path, volume: Path) -> None:
    script = 'mount -t tmpfs -o ro tmpfs "$3" && exec "$1" fill "$2" "$3"'
    ended = run(*NAMESPACES, "sh", "-c", script, "sh", launch, image, volume)
    assert (ended.returncode, ended.stderr) == (71, b"richpod: cannot write into the volume: Read-only file system\n")


@TOOLKIT
def test_however_often_it_is_killed_nothing_is_lost_or_half_copied(launch: Path, run: Run, image: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    (tmp_path / "undisturbed").mkdir()
    run(launch, "fill", image, tmp_path / "undisturbed")
    whole = time.monotonic() - begun
    chance, wanted, kills, filled = random.Random(7), without_fifo(entries(image)), 0, 0
    while kills < KILLS:
        volume = tmp_path / f"volume-{filled}"
        volume.mkdir()
        while not (volume / "data").exists():
            with subprocess.Popen([launch, "fill", image, volume], stderr=subprocess.DEVNULL) as filling:
                time.sleep(chance.uniform(0, whole))
                filling.send_signal(signal.SIGKILL)
            kills += filling.returncode == -signal.SIGKILL
        filled += 1
        assert entries(volume / "data") == wanted
    print(f"\n{kills} kills while {filled} volumes were filled")
