"""Launcher and sidecar run as different users, in a volume on disk or in memory."""

import shutil
import stat
from pathlib import Path

import pytest

from tests.inpod.container import Run, Start, Until, text, words


@pytest.mark.parametrize("sticky", [0, stat.S_ISVTX])
@pytest.mark.parametrize(("app", "sidecar"), [(1000, 65532), (0, 65532), (65532, 1000)])
def test_launcher_and_sidecar_are_different_users(
    as_root: None, launch: Path, start: Start, run: Run, tmp_path: Path, until: Until, app: int, sidecar: int, sticky: int
) -> None:
    """In a volume on disk (0777) and in one in memory (1777): each replaces and removes what the other made."""
    volume = Path("/var/tmp") / f"{tmp_path.parent.name}-{tmp_path.name}"
    state = volume / "state"
    shutil.rmtree(volume, ignore_errors=True)
    volume.mkdir()
    volume.chmod(0o777 | sticky)
    shutil.copy(launch, volume / "launch")

    def become(user: int) -> tuple[str, ...]:
        return ("setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups")

    def as_sidecar(script: str) -> None:
        ran = run(*become(sidecar), "sh", "-ec", script, cwd=state)
        assert (ran.returncode, ran.stderr) == (0, b"")

    ask = "echo 1 preonline > .request.new; mv -f .request.new request"
    try:
        command = ("setpriv", "--pdeathsig", "KILL", "sleep", "100")
        with start(*become(app), volume / "launch", "--state", state, "--", *command) as process:
            until(lambda: text(state / "running") == "1\n")
            as_sidecar(ask)
            until(lambda: text(state / "online") == "1\n")
            as_sidecar("rm -f online result")
            as_sidecar(ask)
            until(lambda: text(state / "online") == "1\n" and words(state / "result")[:3] == ["1", "preonline", "0"])
            process.terminate()
            assert process.wait() == 143
    finally:
        shutil.rmtree(volume)
