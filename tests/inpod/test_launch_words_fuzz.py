"""Any command line: what is right is run, and of what is wrong one sentence tells why.

``make test`` draws the same hundred each time, ``make soak`` thousands at random.
"""

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.inpod.container import SANITIZED, Run

EXAMPLES = settings(max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.function_scoped_fixture])
"""Of the profile's; each starts a process or two."""

HUGE = "∞"
"""Stands for a word of 20,000 digits, which nobody wants to see printed."""
STATE = "…"
"""Stands for a state directory that is not there yet."""
NUMBERS = st.sampled_from(["0", "1", "5", "60", "86400", "86401", "007", "-1", "+1", "", " 1", "1 ", "1s", "9" * 30, HUGE])
KINDS = st.sampled_from(["prestart", "preonline", "postoffline", "poststop", "Prestart", "start", ""])
HOOKS = st.builds("{}:{}:{}{}".format, KINDS, NUMBERS, NUMBERS, st.sampled_from(["", "", ":optional", ":", ":x"]))
WORDS = st.one_of(
    st.sampled_from(["--hook", "--drain", "--stop", "--stop-signal", "--online-file", "--hold", "--state", "--", "true", ""]),
    st.sampled_from(["prestart:60:1", "poststop:60:2", "preonline:60:1:optional", "/state/", STATE, "37", "9", HUGE]),
    HOOKS,
    NUMBERS,
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0/"), max_size=6),
)
PAIRS = st.one_of(
    st.tuples(st.sampled_from(["--drain", "--stop", "--stop-signal"]), NUMBERS),
    st.tuples(st.just("--hook"), HOOKS, st.just("true")),
    st.tuples(st.just("--hook"), st.just("prestart:60:1"), st.just("true")),
    st.tuples(st.just("--hold")),
    st.tuples(WORDS),
)
ARGUMENTS = st.lists(PAIRS, max_size=5).map(lambda pairs: [word for pair in pairs for word in pair])


def is_in(word: str, least: int, largest: int) -> bool:
    return bool(re.fullmatch(r"0|[1-9][0-9]{0,9}", word)) and least <= int(word) <= largest


def is_path(word: str) -> bool:
    return word.startswith(("/", STATE)) and not word.endswith("/")


RIGHT = {
    "--drain": lambda value: is_in(value, 0, 86400),
    "--stop": lambda value: is_in(value, 1, 86400),
    "--stop-signal": lambda value: is_in(value, 1, 64) and value not in ("9", "17", "19"),
    "--online-file": is_path,
    "--state": is_path,
}


def hooks_words(value: str, following: int) -> int | None:
    """How many words follow this value of --hook; None where it is wrong."""
    found = re.fullmatch("(prestart|preonline|postoffline|poststop):([0-9]+):([0-9]+)(:optional)?", value)
    if not found or not is_in(found[2], 1, 86400) or not is_in(found[3], 1, 65535) or int(found[3]) > following:
        return None
    return int(found[3])


def complaint(words: list[str]) -> str:
    """How what is told of a command line begins; "" where it is right. By the rules as they are told."""
    seen = set()
    while words and words[0] != "--":
        option, *rest = words
        known = option == "--hold" or (option in (*RIGHT, "--hook") and rest)
        if not known or (option in seen and option != "--hook"):
            return "usage: launch "
        count = hooks_words(rest[0], len(rest) - 1) if option == "--hook" else 0
        if count is None or (option in RIGHT and not RIGHT[option](rest[0])):
            return f"{option} "
        if words[:2] != ["--drain", "0"]:
            seen.add(option)
        words = rest if option == "--hold" else rest[1 + count :]
    return "usage: launch " if len(words) < 2 or (seen and "--state" not in seen) else ""


@pytest.fixture
def run_words(run: Run, launch: Path, tmp_path: Path) -> Callable[[list[str]], subprocess.CompletedProcess[bytes]]:
    """Where only ``true`` is found, and nothing was begun."""
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/true").symlink_to(str(shutil.which("true")))

    def run_words(words: list[str]) -> subprocess.CompletedProcess[bytes]:
        shutil.rmtree(tmp_path / "state", ignore_errors=True)
        real = [word.replace(HUGE, "9" * 20_000).replace(STATE, str(tmp_path / "state")) for word in words]
        return run(launch, *real, cwd=tmp_path, env={"PATH": str(tmp_path / "bin")})

    return run_words


RunWords = Callable[[list[str]], subprocess.CompletedProcess[bytes]]


@SANITIZED
@EXAMPLES
@given(arguments=ARGUMENTS)
def test_what_is_right_is_run_and_nothing_else(run_words: RunWords, tmp_path: Path, arguments: list[str]) -> None:
    """What is wrong is told in one sentence, and nothing was touched."""
    words = ["--state", STATE, *arguments, "--", "true"]
    ran = run_words(words)
    told = complaint(words)
    if told:
        assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
        assert ran.stderr.startswith(f"richpod: {told}".encode())
        assert not (tmp_path / "state").exists()
    else:
        assert ran.returncode in (0, 1, 126, 127), "the program's, or that of a hook of random words"
        assert (tmp_path / "state/generation").read_text() == "1\n"


VERBS = st.sampled_from(["exec", "exec", "version", "online", "offline", "ready"]).map(lambda verb: [verb])
HEADS: st.SearchStrategy[list[str]] = st.one_of(
    st.just(["--state", STATE]), st.just([]), VERBS, VERBS.map(lambda verb: [*verb, "--state", STATE])
)
TAILS = st.sampled_from([[], ["--"], ["--", "true"], ["--", "true", "--hold"], ["--", "nothing"]])


def outcome(words: list[str]) -> tuple[set[int], str]:
    """The codes of which one is the launcher's, and how what it says, if anything, begins."""
    match words:
        case ["version"]:
            return {0}, ""
        case ["online" | "offline" | "ready", _]:
            return {1}, ""
        case ["exec", *_]:
            words = words[1:]
    told = complaint(words)
    if told:
        return {64}, told
    if "--hook" in words:
        return {0, 1, 126, 127}, ""
    program = words[words.index("--") + 1]
    return ({0}, "") if program == "true" else ({126, 127}, "")


@SANITIZED
@EXAMPLES
@given(head=HEADS, arguments=st.lists(PAIRS, max_size=2), tail=TAILS)
def test_any_words_mean_what_the_rules_say(
    run_words: RunWords, head: list[str], arguments: list[tuple[str, ...]], tail: list[str]
) -> None:
    """Verbs and all; with and without a state directory and a program."""
    words = [*head, *(word for pair in arguments for word in pair), *tail]
    codes, told = outcome(words)
    ran = run_words(words)
    assert ran.returncode in codes, ran.stderr
    assert ran.stderr.startswith(f"richpod: {told}".encode()) or not told


def test_words_by_the_ten_thousands(run: Run, launch: Path, state: Path) -> None:
    """As many as a hook may have, one more, and so many empty ones that the kernel hardly takes them."""
    most = ["true", *["x"] * 65534]
    assert run(launch, "--hook", "prestart:90:65535", *most, "--state", state, "--", "sh", "-c", "exit 5").returncode == 5
    assert run(launch, "--hook", "prestart:90:65536", *most, "x", "--state", state, "--", "true").returncode == 64
    assert run(launch, "--hook", "prestart:90:65535", *most[1:], "--state", state, "--", "true").returncode == 64
    assert run(launch, "--", "sh", "-c", "exit $(($# / 1000))", "sh", *[""] * 100_000).returncode == 100
    assert run(launch, "--state", state, *["--hold"] * 60_000, "--", "true").returncode == 64
