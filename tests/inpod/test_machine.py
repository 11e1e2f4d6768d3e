"""The image's init is not started where it would die without a word: the word is said first (trap 6)."""

import sys
from pathlib import Path

import pytest

from tests.inpod.container import TOOLKIT, Run

pytestmark = TOOLKIT


@pytest.fixture
def init(launch: Path) -> Path:
    """The launcher by its other name."""
    return launch.parents[1] / "sbin/init"


def test_its_name_is_all_that_tells_it_from_the_launcher(init: Path, launch: Path) -> None:
    assert init.samefile(launch)


def test_it_must_be_the_first_process(init: Path, run: Run) -> None:
    ended = run(init, "--", "true")
    assert ended.returncode == 71
    assert ended.stderr.startswith(b"richpod: an init must be the container's first process, and this one has number ")


def test_it_must_be_root(init: Path, run: Run) -> None:
    ended = run("unshare", "--user", "--map-user=1000", "--pid", "--fork", init, "--", "true")
    assert ended.returncode == 71
    assert b"an init must run as root, and this container runs as user 1000" in ended.stderr


def test_without_systemd_in_the_image_launch_is_named(init: Path, run: Run, namespaces: tuple[str, ...]) -> None:
    ended = run(*namespaces, "chroot", init.parents[1], "/sbin/init", "--", "true")
    assert ended.returncode == 127
    said = b"richpod: the image has no systemd (/usr/lib/systemd/systemd): install it there, or write richpod.io/init: launch\n"
    assert ended.stderr == said


def test_an_entry_that_is_asked_to_end_between_two_starts_is_not_started_again(
    launch: Path, run: Run, namespaces: tuple[str, ...]
) -> None:
    """Its hooks would run once more while the machine stops. Of the folder that a boot leaves, for BusyBox's init."""
    script = """
import os, signal, struct, subprocess, sys, time
subprocess.run(["mount", "-t", "tmpfs", "none", "/run"], check=True)
os.makedirs("/run/richpod")
for name in ("out", "err"):
    os.mkfifo(f"/run/richpod/{name}")
    os.open(f"/run/richpod/{name}", os.O_RDWR)
groups = os.getgroups()
many = [*groups, *[0] * (65536 - len(groups))]
files = {
    "argv": b"--\\0sh\\0-c\\0echo >> started; exit 3\\0",
    "environ": b"PATH=/usr/bin:/bin\\0",
    "process": struct.pack("4096s I i I 65536I i", b"/run", 0o022, 2, os.getgid(), *many, len(groups)),
}
for name, content in files.items():
    with open(f"/run/richpod/{name}", "wb") as file:
        file.write(content)
entry = subprocess.Popen([sys.argv[1], "hosted", "9"])
while not os.path.exists("/run/started") or open(f"/proc/{entry.pid}/task/{entry.pid}/children").read():
    time.sleep(0.005)
entry.terminate()
print(entry.wait(), len(open("/run/started").read()))
"""
    ended = run(*namespaces, sys.executable, "-c", script, launch)
    assert (ended.stdout, ended.stderr) == (b"3 1\n", b"")
