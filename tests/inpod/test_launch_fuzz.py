"""What the launcher reads of others, at length and at random: its command line, its environment, the state directory's files.

``make test`` draws the same hundred of each each time, ``make soak`` thousands at random.
"""

import os
import random
import re
import shutil
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inpod.container import SANITIZED, Run

COUNT = settings().max_examples
EXAMPLES = settings(max_examples=COUNT // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Of the profile's; each starts a process or two."""


def test_parsers_read_what_is_there_and_nothing_beyond(build: Path, run: Run, tmp_path: Path) -> None:
    """Ten thousand in one process; ``make soak`` has many, which begin anywhere."""
    for seed in [1] if COUNT <= 100 else random.sample(range(1 << 32), COUNT // 100):
        ran = run(build / "sanitized/fuzz_parsers", str(seed), "10000", tmp_path)
        assert (ran.returncode, ran.stderr) == (0, b""), seed


# --- the command line ------------------------------------------------------------------------------------------------------

HUGE = "∞"
"""Stands for a word of 20,000 digits, which nobody wants to see printed."""
NUMBERS = st.sampled_from(["0", "1", "5", "60", "86400", "86401", "007", "-1", "+1", "", " 1", "1 ", "1s", "9" * 30, HUGE])
KINDS = st.sampled_from(["prestart", "preonline", "postoffline", "poststop", "Prestart", "start", ""])
HOOKS = st.builds("{}:{}:{}{}".format, KINDS, NUMBERS, NUMBERS, st.sampled_from(["", "", ":optional", ":", ":x"]))
WORDS = st.one_of(
    st.sampled_from(["--hook", "--drain", "--stop", "--stop-signal", "--online-file", "--hold", "--state", "--", "true", ""]),
    st.sampled_from(["prestart:60:1", "poststop:60:2", "preonline:60:1:optional", "/state/", "/tmp", "37", "9", HUGE]),
    HOOKS,
    NUMBERS,
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
PAIRS = st.one_of(
    st.tuples(st.sampled_from(["--drain", "--stop", "--stop-signal"]), NUMBERS),
    st.tuples(st.just("--hook"), HOOKS, st.just("true")),
    st.tuples(st.just("--hook"), st.just("prestart:60:1"), st.just("true")),
    st.tuples(st.just("--hold")),
    st.tuples(WORDS),
)
ARGUMENTS = st.lists(PAIRS, max_size=5).map(lambda pairs: [word for pair in pairs for word in pair])


def enlarged(words: list[str]) -> list[str]:
    return [word.replace(HUGE, "9" * 20_000) for word in words]


def is_in(word: str, least: int, largest: int) -> bool:
    return bool(re.fullmatch(r"0|[1-9][0-9]{0,9}", word)) and least <= int(word) <= largest


RIGHT = {
    "--drain": lambda value: is_in(value, 0, 86400),
    "--stop": lambda value: is_in(value, 1, 86400),
    "--stop-signal": lambda value: is_in(value, 1, 64) and value not in ("9", "17", "19"),
    "--online-file": lambda value: value.startswith("/") and not value.endswith("/"),
}


def taken(option: str, rest: list[str]) -> int | None:
    """How many words of the rest are the option's; None where it is wrong."""
    if option == "--hold":
        return 0
    if option != "--hook":
        return 1 if rest and option in RIGHT and RIGHT[option](rest[0]) else None
    found = re.fullmatch("(prestart|preonline|postoffline|poststop):([0-9]+):([0-9]+)(:optional)?", rest[0]) if rest else None
    if not found or not is_in(found[2], 1, 86400) or not is_in(found[3], 1, 65535) or int(found[3]) >= len(rest):
        return None
    return 1 + int(found[3])


def is_right(words: list[str]) -> bool:
    """By the rules as they are told, of what stands behind --state and its directory."""
    seen = set()
    while words and words[0] != "--":
        option, *rest = words
        count = taken(option, rest)
        if count is None or option in seen:
            return False
        if option != "--hook" and words[:2] != ["--drain", "0"]:
            seen.add(option)
        words = rest[count:]
    return len(words) > 1


@SANITIZED
@EXAMPLES
@given(arguments=ARGUMENTS)
def test_what_is_right_is_run_and_nothing_else(run: Run, launch: Path, tmp_path: Path, arguments: list[str]) -> None:
    """What is wrong is told in one sentence, and nothing was touched."""
    words = [*enlarged(arguments), "--", "true"]
    shutil.rmtree(tmp_path / "state", ignore_errors=True)
    ran = run(launch, "--state", tmp_path / "state", *words, cwd=tmp_path)
    if is_right(words):
        assert ran.returncode in (0, 1, 126, 127), "the program's, or that of a hook of random words"
        assert (tmp_path / "state/generation").read_text() == "1\n"
    else:
        assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
        assert not (tmp_path / "state").exists()


@SANITIZED
@EXAMPLES
@given(arguments=st.lists(WORDS, max_size=4))
def test_any_words_are_usage_or_run(run: Run, launch: Path, tmp_path: Path, arguments: list[str]) -> None:
    """With no state directory given first, as verb and all."""
    ran = run(launch, *enlarged(arguments), cwd=tmp_path)
    assert ran.returncode in (0, 1, 64, 71, 126, 127), ran.stderr
    assert ran.stderr.count(b"\n") <= 1


def test_words_by_the_ten_thousands(run: Run, launch: Path, state: Path) -> None:
    """As many as a hook may have, one more, and so many empty ones that the kernel hardly takes them."""
    most = ["true", *["x"] * 65534]
    assert run(launch, "--hook", "prestart:90:65535", *most, "--state", state, "--", "sh", "-c", "exit 5").returncode == 5
    assert run(launch, "--hook", "prestart:90:65536", *most, "x", "--state", state, "--", "true").returncode == 64
    assert run(launch, "--hook", "prestart:90:65535", *most[1:], "--state", state, "--", "true").returncode == 64
    assert run(launch, "--", "sh", "-c", "exit $(($# / 1000))", "sh", *[""] * 100_000).returncode == 100
    assert run(launch, "--state", state, *["--hold"] * 60_000, "--", "true").returncode == 64


# --- the environment -------------------------------------------------------------------------------------------------------

FOLDERS = st.sampled_from(["here", "there", "none", "plain", "", "x" * 300, "/" + "y" * 5000, "file", "é"])
PATHS = st.lists(FOLDERS | st.text(st.characters(codec="utf-8", exclude_characters="\0:/"), max_size=4), max_size=6)


@SANITIZED
@EXAMPLES
@given(path=PATHS)
def test_any_path_leads_where_it_leads(run: Run, launch: Path, tmp_path: Path, path: list[str]) -> None:
    """To the first that can be run; an optional hook is skipped where it leads nowhere."""
    for folder, mode in (("here", 0o755), ("there", 0o755), ("plain", 0o644)):
        (tmp_path / folder).mkdir(exist_ok=True)
        (tmp_path / folder / "hello").write_text(f"#!/bin/sh\necho {folder}\n")
        (tmp_path / folder / "hello").chmod(mode)
    (tmp_path / "file").touch()
    found = [folder for folder in path if folder in ("here", "there")]
    environment = os.environ | {"PATH": ":".join(path)}
    ran = run(launch, "--", "hello", env=environment, cwd=tmp_path)
    code = 0 if found else 126 if "plain" in path else 127
    assert (ran.returncode, ran.stdout.decode().split()) == (code, found[:1])
    state = ("--state", tmp_path / "state", "--hook", "prestart:60:1:optional", "hello")
    ran = run(launch, *state, "--", "/bin/sh", "-c", "exit 5", env=environment, cwd=tmp_path)
    assert ran.returncode == (126 if code == 126 else 5)
