"""What hooks print stands in the container's log line by line, each with the hook's kind before it."""

import subprocess
from pathlib import Path

from tests.inpod.container import Container, Until, hook, note, text, words


def printed(container: Container, script: str) -> bytes:
    with container(*hook("prestart", script), program="true") as process:
        out: bytes = process.communicate()[0]
        assert process.returncode == 0
    return out


def test_each_line_of_both_outputs_has_a_prefix(container: Container) -> None:
    assert printed(container, "echo one; echo two >&2; echo; printf three") == (
        b"[prestart] one\n[prestart] two\n[prestart] \n[prestart] three\n"
    )


def test_each_kind_has_its_own(container: Container) -> None:
    hooks = (*hook("prestart", "printf first"), *hook("prestart", "printf second"), *hook("poststop", "echo last"))
    with container(*hooks, program="echo program") as process:
        assert process.communicate()[0] == b"[prestart] first\n[prestart] second\nprogram\n[poststop] last\n"


def test_a_long_line_is_cut_into_pieces_of_four_kibibytes(container: Container) -> None:
    """So much is written at once, whole, between lines of the program."""
    lines = printed(container, "head -c 10000 /dev/zero | tr '\\0' x; echo; echo short").splitlines(keepends=True)
    assert [len(line) for line in lines] == [4096, 4096, 10000 - 2 * (4096 - 12) + 12, len("[prestart] short\n")]
    assert b"".join(line.removeprefix(b"[prestart] ").rstrip() for line in lines) == b"x" * 10000 + b"short"


def test_nothing_is_lost_of_much(container: Container) -> None:
    assert printed(container, "seq 50000") == b"".join(b"[prestart] %d\n" % n for n in range(1, 50001))


def test_bytes_pass_as_they_are(container: Container) -> None:
    assert printed(container, r"printf '\377\000\033[1m\n'") == b"[prestart] \xff\x00\x1b[1m\n"


def test_a_closed_log_disturbs_nothing(container: Container, tmp_path: Path, until: Until) -> None:
    with container(*hook("prestart", "until [ -e go ]; do sleep 0.05; done; seq 1000"), program="exit 4") as process:
        process.stdout.close()
        (tmp_path / "go").touch()
        assert process.wait() == 4


def test_a_log_that_takes_nothing_does_not_hold_the_launcher_up(container: Container, tmp_path: Path, until: Until) -> None:
    """The hook waits for it, as any program would, and is ended in time; the rest goes its way."""
    endless = hook("prestart", "touch begun; yes", seconds=1)
    with container(*endless, *note("prestart"), stdout=subprocess.PIPE) as process:
        until((tmp_path / "begun").exists)
        assert process.wait() == 124
    with container(*hook("preonline", "yes"), program="trap 'exit 3' TERM; touch up; while :; do sleep 0.05; done") as process:
        until((tmp_path / "up").exists)
        (tmp_path / "state/request").write_text(f"{text(tmp_path / 'state/generation').strip()} preonline\n")
        until(lambda: not (tmp_path / "state/request").exists())
        process.terminate()
        assert process.wait() == 3
    assert words(tmp_path / "log") == []
