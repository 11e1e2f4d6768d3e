"""Any bytes and any files in the state directory, at any time: the launcher lives on, and comes online only by its own rules.

Some hundred files each time, tens of thousands in ``make soak``.
"""

import os
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inpod.container import SANITIZED, Container, Until, note, put, text, words
from tests.inpod.state_files import KINDS, place

NAMES = ("generation", "running", "request", "result", "online", "ended", "switch")
HOOKS = (*note("preonline"), *note("postoffline"))
PROGRAM = "touch up; exec sleep 1000"
EXAMPLES = settings(max_examples=settings().max_examples * 2 // 5, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Of the profile's; each starts a container and has about four files."""

SHAPED = st.from_regex(rb"\A[0-3]{1,2} ?(preonline|offline|online|hold|preonline 0 5|0 0)? ?\n?\Z")
LARGE = st.builds(lambda head, size: head.ljust(size, b"x"), st.binary(max_size=20), st.integers(4090, 4100))
CONTENT = st.one_of(SHAPED, SHAPED, st.binary(max_size=60), LARGE, st.sampled_from(KINDS))
FILES = st.dictionaries(st.sampled_from([*NAMES, *(f".{name}.new" for name in NAMES), "other"]), CONTENT, max_size=10)
Files = dict[str, bytes | str]


def clear(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        path.rmdir()
    else:
        path.unlink(missing_ok=True)


def scatter(state: Path, files: Files) -> None:
    """In the place of what is there; the launcher may be quicker to put its own there again."""
    for name, content in files.items():
        with suppress(OSError):
            clear(state / name)
            if isinstance(content, str):
                place(state, name, content)
            else:
                (state / name).write_bytes(content)


def begin(state: Path) -> None:
    shutil.rmtree(state, ignore_errors=True)
    state.mkdir()
    state.chmod(0o777)
    for name in ("up", "log"):
        (state.parent / name).unlink(missing_ok=True)


def write(state: Path, name: str, line: str) -> None:
    """As the sidecar does, whatever lies about."""
    for way in (state / name, state / f".{name}.new"):
        with suppress(OSError):
            clear(way)
    put(state / name, line)


def ask(state: Path, generation: str, until: Until) -> None:
    """Lets a person and the sidecar ask for it, and sees it come online."""
    write(state, "switch", f"{generation} online\n")
    write(state, "request", f"{generation} preonline\n")
    until(lambda: text(state / "online") == f"{generation}\n")


def has_ended(process: subprocess.Popen[bytes], state: Path) -> None:
    """As it was asked to; two that write at the same time may be in each other's way, which is said."""
    _, err = process.communicate()
    assert process.returncode == 143
    assert all(line.startswith(b"richpod: cannot ") for line in err.splitlines()), err
    assert not os.path.lexists(state / "online")
    assert words(state / "ended")[1:] == ["143", "15"]


@SANITIZED
@EXAMPLES
@given(files=FILES)
def test_whatever_is_found_at_the_start(container: Container, state: Path, tmp_path: Path, until: Until, files: Files) -> None:
    begin(state)
    scatter(state, files)
    with container(*HOOKS, program=PROGRAM) as process:
        until((tmp_path / "up").exists)
        generation = text(state / "generation").strip()
        assert generation.isdigit()
        assert text(state / "running") == f"{generation}\n"
        assert not [name for name in ("online", "request", "result", "ended", "switch") if os.path.lexists(state / name)]
        ask(state, generation, until)
        process.terminate()
        has_ended(process, state)
    assert words(tmp_path / "log") == ["preonline", "postoffline"]


@SANITIZED
@EXAMPLES
@given(files=FILES.filter(lambda files: files.get("request") != b"1 preonline\n"))
def test_whatever_comes_while_it_runs(container: Container, state: Path, tmp_path: Path, until: Until, files: Files) -> None:
    """Nobody asked by the letter, so it is not online, and its own files are as they were, once it has looked."""
    begin(state)
    with container(*HOOKS, program=PROGRAM) as process:
        until((tmp_path / "up").exists)
        scatter(state, files)
        for _ in range(2):
            write(state, "online", "2\n")
            until(lambda: not (state / "online").exists())
        assert text(state / "generation") == text(state / "running") == "1\n"
        assert text(state / "online") != "1\n"
        assert "preonline" not in words(tmp_path / "log")
        ask(state, "1", until)
        process.terminate()
        has_ended(process, state)
    assert words(tmp_path / "log").count("preonline") == 1


@SANITIZED
@EXAMPLES
@given(files=FILES)
def test_whatever_comes_while_it_stops(container: Container, state: Path, tmp_path: Path, until: Until, files: Files) -> None:
    """Nothing brings it online again, or makes it forget what is left to do."""
    begin(state)
    with container("--drain", "1000", *note("poststop"), program=PROGRAM) as process:
        until((tmp_path / "up").exists)
        ask(state, "1", until)
        process.terminate()
        until(lambda: not (state / "online").exists())
        scatter(state, files)
        process.terminate()
        has_ended(process, state)
    assert words(tmp_path / "log") == ["poststop"]
