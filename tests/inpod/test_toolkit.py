"""The toolkit: static programs that need nothing of an image, brought into a volume; dumb-init with the launcher behind it."""

import os
import shutil
import signal
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.inpod.container import Run, Start
from webhook.inpod import contract

Until = Callable[[Callable[[], bool]], None]
Children = Callable[[int], list[int]]

RECORD_SIGNALS = (sys.executable, "-I", "-S", Path(__file__).parent / "programs/record_signals.py")


@pytest.fixture(scope="session")
def toolkit(build: Path) -> Path:
    """The root of the toolkit image."""
    return build / "toolkit"


@pytest.fixture(scope="session")
def under_dumb_init(toolkit: Path) -> list[str]:
    """What a pod's argv begins with, for a toolkit that lies elsewhere."""
    return [word.replace(contract.TOOLKIT_ROOT, str(toolkit)) for word in contract.DUMB_INIT_ARGV]


def programs(volume: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (volume / "bin").iterdir()}


# --- static ----------------------------------------------------------------------------------------------------------------


def test_the_programs_run_in_a_root_without_libc(toolkit: Path, run: Run, namespaces: tuple[str, ...]) -> None:
    assert sorted(programs(toolkit)) == ["busybox", "dumb-init", "launch", "probe"]
    inside = (*namespaces, "chroot", toolkit)
    assert run(*inside, contract.IMAGE_LAUNCH, "--", contract.IMAGE_LAUNCH, "version").returncode == 0
    assert run(*inside, "/bin/probe", "version").returncode == 0
    assert run(*inside, "/bin/dumb-init", contract.IMAGE_LAUNCH, "version").returncode == 0
    assert run(*inside, "/bin/dumb-init", "--version").stderr.startswith(b"dumb-init v1.2.5")
    assert {"crond", "syslogd"} <= set(run(*inside, "/bin/busybox", "--list").stdout.decode().split())


# --- dumb-init -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "code"), [("exit 0", 0), ("exit 42", 42), ("kill -TERM $$", 143), ("kill -KILL $$", 137)])
def test_the_code_passes_through_dumb_init(under_dumb_init: list[str], run: Run, end: str, code: int) -> None:
    assert run(*under_dumb_init, "sh", "-c", end).returncode == code


def test_a_signal_passes_dumb_init_exactly_once(under_dumb_init: list[str], start: Start) -> None:
    """The launcher became the program, so nothing is there to pass it on a second time. dumb-init knows no real-time signals."""
    left_to_dumb_init = {signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU, signal.SIGCHLD}
    numbers = [n for n in range(1, 32) if n not in left_to_dumb_init | {signal.SIGKILL, signal.SIGSTOP, signal.SIGTERM}]
    with start(*under_dumb_init, *RECORD_SIGNALS) as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        for number in numbers:
            process.send_signal(number)
            assert process.stdout.readline() == b"%d\n" % number
        process.terminate()
        assert process.communicate() == (b"15\n", b"")


def test_under_dumb_init_a_program_that_does_not_start_is_explained(under_dumb_init: list[str], run: Run) -> None:
    ran = run(*under_dumb_init, "/no/such")
    assert (ran.returncode, ran.stderr) == (127, b'richpod: cannot start "/no/such": no such file\n')


def test_dumb_init_as_pid_1_reaps(
    under_dumb_init: list[str], start: Start, until: Until, children: Children, namespaces: tuple[str, ...]
) -> None:
    with start(*namespaces, *under_dumb_init, "sh", "-c", "(true & true &); echo ready; read line; exit 6") as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        (init,) = children(process.pid)
        until(lambda: len(children(init)) == 1)
        process.communicate(b"\n")
        assert process.returncode == 6


# --- install ---------------------------------------------------------------------------------------------------------------


def test_install_copies_what_lies_beside_it_and_runs_it(launch: Path, run: Run, tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        ran = run(launch, "install", tmp_path)
    finally:
        os.umask(before)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, run(launch, "version").stdout, b"")
    assert programs(tmp_path) == programs(launch.parents[1])
    assert {stat.filemode(path.stat().st_mode) for path in (tmp_path / "bin").iterdir()} == {"-rwxr-xr-x"}
    assert stat.filemode((tmp_path / "bin").stat().st_mode) == "drwxr-xr-x"


def test_install_runs_again_over_anything_it_left(launch: Path, run: Run, tmp_path: Path) -> None:
    """A sandbox that is made anew runs its init containers again: after a copy cut short, after an older version."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/launch").write_text("an older version")
    (tmp_path / "bin/.new").write_text("half a")
    for _ in range(2):
        assert run(launch, "install", tmp_path).returncode == 0
        assert programs(tmp_path) == programs(launch.parents[1])


def test_install_replaces_a_program_that_runs(launch: Path, run: Run, start: Start, tmp_path: Path) -> None:
    run(launch, "install", tmp_path)
    with start(tmp_path / "bin/launch", "--", "sh", "-c", "echo ready; read line; exit 6") as process:
        assert process.stdout
        assert process.stdout.readline() == b"ready\n"
        assert run(launch, "install", tmp_path).returncode == 0
        process.communicate(b"\n")
        assert process.returncode == 6


def test_a_missing_volume_is_explained(launch: Path, run: Run, tmp_path: Path) -> None:
    ran = run(launch, "install", tmp_path / "absent")
    assert (ran.returncode, ran.stderr.endswith(b'/absent": No such file or directory\n')) == (1, True)


@pytest.fixture
def init_container(toolkit: Path, run: Run, namespaces: tuple[str, ...], tmp_path: Path) -> Run:
    """Runs `launch install` as the pod does: from the image's own root, read-only, as 65532, into a volume with mount options.

    The output is what it printed, then the termination message, then what is in the volume.
    """
    image = tmp_path / "image"
    shutil.copytree(toolkit, image)
    for folder in ("proc", "dev", contract.TOOLKIT_ROOT.lstrip("/")):
        (image / folder).mkdir()
    script = """
        set -e
        cd "$1"
        mount --bind . . && cd "$1"
        mount -t proc none proc
        mount -t tmpfs none dev && : > dev/termination-log && chmod 666 dev/termination-log
        mount -t tmpfs -o "mode=777,$2" none .richpod
        mount -o remount,bind,ro .
        code=0
        unshare --user --map-user=65532 --map-group=65532 --root=. /bin/launch install /.richpod || code=$?
        cat dev/termination-log; echo; find .richpod -type f -name '[!.]*' | sort
        exit $code
    """

    def run_init_container(options: str) -> subprocess.CompletedProcess[bytes]:
        return run(*namespaces, "sh", "-c", script, "sh", image, options)

    return run_init_container


def test_install_works_in_its_own_image(init_container: Run, toolkit: Path, run: Run) -> None:
    ran = init_container("size=16m")
    version = run(toolkit / "bin/launch", "version").stdout
    listed = b"\n.richpod/bin/busybox\n.richpod/bin/dumb-init\n.richpod/bin/launch\n.richpod/bin/probe\n"
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, version + listed, b"")


def test_a_noexec_volume_is_explained_with_what_to_change(init_container: Run) -> None:
    """Trap 12: hardened nodes mount every emptyDir noexec. The init container says so; the application would only be denied."""
    ran = init_container("noexec")
    assert ran.returncode == 1
    assert b'the volume "/.richpod" is mounted noexec on this node' in ran.stderr
    assert b"toolkit: {delivery: image}" in ran.stderr
    assert ran.stdout.startswith(ran.stderr)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ("size=64k", b" into the volume: No space left on device"),
        ("ro", b' into the volume "/.richpod": Read-only file system'),
    ],
)
def test_a_volume_that_cannot_be_filled_is_explained(init_container: Run, options: str, sentence: bytes) -> None:
    ran = init_container(options)
    assert ran.returncode == 1
    assert ran.stderr.startswith(b"richpod: cannot write ")
    assert ran.stderr.endswith(sentence + b"\n")
