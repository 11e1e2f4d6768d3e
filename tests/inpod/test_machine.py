"""The image's init is not started where it would die without a word: the word is said first (trap 6)."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import TOOLKIT

Run = Callable[..., subprocess.CompletedProcess[bytes]]

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
