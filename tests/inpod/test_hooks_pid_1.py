"""The launcher with hooks as PID 1, as it is in a container: signals, orphans, and many lives in one directory."""

import os
from collections.abc import Callable
from pathlib import Path

from hypothesis import settings

from tests.inpod.container import TOOLKIT, Start, Until, hook, put, text, words

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


LIVES = min(settings().max_examples, 1000)
"""A hundred, a thousand in ``make soak``; half of them end by themselves, half are stopped."""
MANY = """
for life in $(seq $(($0 + 2)) 2 $(($0 + 100))); do
    unshare --pid --fork "$@" sh -c 'sleep 1000 & exit 0' || exit 1
    unshare --pid --fork "$@" sleep 1000 &
    until [ "$(cat state/running 2> /dev/null)" = "$life" ]; do sleep 0.01; done
    kill -TERM $(cat /proc/$!/task/$!/children)
    wait $!
    [ $? = 143 ] || exit 2
done
ps -e -o comm=
"""


@TOOLKIT
def test_many_lives_leave_no_process_and_no_file_behind(
    launch: Path, start: Start, state: Path, tmp_path: Path, namespaces: tuple[str, ...]
) -> None:
    """Each as PID 1 of its own, with hooks and a program that leave processes."""
    hooks = [word for kind in ("prestart", "postoffline", "poststop") for word in hook(kind, LEAVE)]
    one = (launch, "--state", state, *hooks, "--")
    for lives in range(0, LIVES, 100):
        with start(*namespaces, "sh", "-c", MANY, str(lives), *one, cwd=tmp_path) as process:
            assert process.communicate() == (b"sh\nps\n", b"")
            assert process.returncode == 0
    assert sorted(file.name for file in state.iterdir()) == ["ended", "generation"]
    assert text(state / "generation") == f"{LIVES}\n"
    each = ["prestart", "poststop", "prestart", "postoffline", "poststop"]
    assert words(tmp_path / "log") == each * (LIVES // 2)
