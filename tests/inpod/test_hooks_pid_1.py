"""The launcher with hooks as PID 1, as it is in a container: signals, orphans, and many lives in one directory."""

import os
import subprocess
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

from tests.inpod.container import TOOLKIT, Until, hook, note, put, text, words

Start = Callable[..., AbstractContextManager[subprocess.Popen[bytes]]]
Children = Callable[[int], list[int]]

LEAVE = "(sleep 0.1 & sleep 1000 &) ; echo $RICHPOD_HOOK >> log"
PROGRAM = "trap 'exit 3' TERM; (true &); echo program >> log; while :; do sleep 0.05; done"


def test_a_whole_life_as_pid_1(
    launch: Path, start: Start, state: Path, tmp_path: Path, until: Until, children: Children, namespaces: tuple[str, ...]
) -> None:
    hooks = [word for kind in ("prestart", "preonline", "postoffline", "poststop") for word in hook(kind, LEAVE)]
    inside = (*namespaces, launch, "--state", state, *hooks, "--", "sh", "-c", PROGRAM)
    with start(*inside, cwd=tmp_path) as process:
        until(lambda: "program" in words(tmp_path / "log"))
        put(state / "request", "1 preonline\n")
        until((state / "online").exists)
        (init,) = children(process.pid)
        until(lambda: len(children(init)) == 3)
        os.kill(init, 15)
        _, err = process.communicate()
    assert (process.returncode, err) == (3, b"")
    assert words(tmp_path / "log") == ["prestart", "program", "preonline", "postoffline", "poststop"]


@TOOLKIT
def test_many_lives_leave_no_file_behind(
    launch: Path, start: Start, state: Path, tmp_path: Path, namespaces: tuple[str, ...]
) -> None:
    lives = 'for i in $(seq 100); do "$@" || exit 1; done'
    one = (launch, "--state", state, *note("prestart"), *note("poststop"), "--", "true")
    with start(*namespaces, "sh", "-c", lives, "sh", *one, cwd=tmp_path) as process:
        assert process.communicate() == (b"", b"")
        assert process.returncode == 0
    assert sorted(file.name for file in state.iterdir()) == ["ended", "generation"]
    assert text(state / "generation") == "100\n"
    assert words(tmp_path / "log") == ["prestart", "poststop"] * 100
