"""An image for several architectures: the launcher runs the words of its own, and then those for all."""

import platform
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.inpod.container import Run
from webhook.inpod.contract import BY_ARCHITECTURE

Form = tuple[Path | str, ...]

OWN, OTHER = {"x86_64": ("amd64", "386"), "aarch64": ("arm64", "arm")}[platform.machine()]
FOREIGN = ("loong64", "mips64le", "ppc64le", "riscv64", "s390x")
EXAMPLES = settings(max_examples=settings().max_examples // 2)
"""Of the profile's; each starts a process or two."""


@pytest.fixture(scope="session", params=["supervised", "exec"])
def form(request: pytest.FixtureRequest, build: Path) -> Form:
    """Both ways to start a program, up to what says how many words are whose, each in one build: it is the same code."""
    if request.param == "supervised":
        return (build / "sanitized/bin/launch", BY_ARCHITECTURE)
    return (build / "toolkit/bin/launch", "exec", BY_ARCHITECTURE)


# --- whose words are run ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shares", "words", "printed"),
    [
        (f"{OWN}=2,s390x=3", "echo own false x y", "own"),
        (f"s390x=3,{OWN}=2", "false x y echo own", "own"),
        (f"s390x=1,{OWN}=2,ppc64le=1", "false echo own false for all", "own for all"),
        (f"{OWN}=1,s390x=2", "echo false x for all", "for all"),
        (f"{OWN}=0,s390x=2", "false x echo for all", "for all"),
        (f"s390x=0,{OWN}=2", "echo own", "own"),
        (f"{OWN}=2", "echo own -- s390x=1", "own -- s390x=1"),
        (f"{OWN}x=1,{OWN[:-1]}=1,{OWN}=2", "false false echo own", "own"),
    ],
)
def test_the_own_words_and_then_those_for_all_are_run(form: Form, run: Run, shares: str, words: str, printed: str) -> None:
    assert run(*form, shares, "--", *words.split()).stdout.decode() == f"{printed}\n"


@pytest.mark.parametrize(
    ("shares", "words", "printed"),
    [
        (f"s390x=1,{OTHER}=2", "false echo other for all", "other for all"),
        (f"{OTHER}=2,{OWN}=2", "echo other echo own", "own"),
        (f"{OWN}=2,{OTHER}=2", "echo own echo other", "own"),
        (f"{OWN}=0,{OTHER}=2", "echo other echo for all", "for all"),
    ],
)
def test_an_architecture_that_this_machine_runs_too_counts_where_the_own_is_not_named(
    form: Form, run: Run, shares: str, words: str, printed: str
) -> None:
    """As containerd chooses: on amd64 an image's 386, and on arm64 its arm, where the image has nothing better."""
    assert run(*form, shares, "--", *words.split()).stdout.decode() == f"{printed}\n"


WORDS = st.lists(st.binary(max_size=40).map(lambda word: word.replace(b"\0", b"")), max_size=6)
SHOW = (b"sh", b"-c", b'cat "/proc/$$/cmdline"; exit 7')


@EXAMPLES
@given(data=st.data(), words=WORDS, foreign=st.dictionaries(st.sampled_from(FOREIGN), WORDS))
def test_words_arrive_byte_for_byte(
    form: Form, run: Run, data: st.DataObject, words: list[bytes], foreign: dict[str, list[bytes]]
) -> None:
    """Wherever the own words stand among others', and wherever they end and those for all begin."""
    program = [*SHOW, *words]
    own = data.draw(st.integers(0, len(program)))
    shares = data.draw(st.permutations([*foreign.items(), (OWN, program[:own])]))
    behind = [word for _, its in shares for word in its] + program[own:]
    ran = run(*form, ",".join(f"{name}={len(its)}" for name, its in shares), "--", *behind)
    assert (ran.returncode, ran.stdout) == (7, b"".join(word + b"\0" for word in program))


# --- mistakes --------------------------------------------------------------------------------------------------------------

WRITE = "write NAME=COUNT[,NAME=COUNT]..."
MISTAKES = {
    "": WRITE,
    ",": WRITE,
    OWN: WRITE,
    f"{OWN}=": WRITE,
    f"{OWN}2": WRITE,
    "=2": WRITE,
    f"{OWN}=2,": WRITE,
    f",{OWN}=2": WRITE,
    f"{OWN}=2,,s390x=0": WRITE,
    f"{OWN}=2;s390x=0": WRITE,
    f"{OWN}=2 ": WRITE,
    f" {OWN}=2": WRITE,
    f"{OWN}= 2": WRITE,
    f"{OWN}=+2": WRITE,
    f"{OWN}=-1": WRITE,
    f"{OWN}=02": WRITE,
    f"{OWN}=0x2": WRITE,
    f"{OWN}=two": WRITE,
    f"{OWN}=65536": WRITE,
    f"{OWN}=99999": WRITE,
    f"{OWN}=18446744073709551618": WRITE,
    f"{OWN.upper()}=2": WRITE,
    f"{OWN}/v1=2": WRITE,
    f"{OWN}=2,{'x' * 17}=0": WRITE,
    f"{OWN}=1,{OWN}=1": "an architecture is named twice",
    f"{OWN}=1,s390x=0,s390x=0": "an architecture is named twice",
    f"{OWN}=3": "it counts more words than follow",
    f"{OWN}=65535": "it counts more words than follow",
    f"{OWN}=1,s390x=2": "it counts more words than follow",
    "s390x=3": "it counts more words than follow",
    f"{OWN}=0,s390x=2": "no word follows for this architecture",
    ",".join([f"{OWN}=2", *(f"a{n}=0" for n in range(32))]): "too many architectures",
}


@pytest.mark.parametrize("shares", MISTAKES)
def test_a_mistake_is_64_and_one_sentence(form: Form, run: Run, shares: str) -> None:
    ran = run(*form, shares, "--", "echo", "own")
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
    assert ran.stderr.decode().startswith(f'richpod: {BY_ARCHITECTURE} "{shares}": {MISTAKES[shares]}'), ran.stderr


@pytest.mark.parametrize("arguments", ["", f"{OWN}=1", f"{OWN}=1 --", f"{OWN}=0 --", f"{OWN}=1 true", f"-- {OWN}=1 true"])
def test_an_unfinished_line_is_wrong_usage(form: Form, run: Run, arguments: str) -> None:
    ran = run(*form, *arguments.split())
    assert (ran.returncode, ran.stdout, ran.stderr.count(b"\n")) == (64, b"", 1)
    assert ran.stderr.startswith(b"richpod: usage: launch [exec] [--by-architecture NAME=COUNT")


def test_the_bounds_themselves_are_right(form: Form, run: Run) -> None:
    most = ",".join([f"{OWN}=2", "x" * 16 + "=0", *(f"a{n}=0" for n in range(30))])
    assert run(*form, most, "--", "echo", "own").stdout == b"own\n"
    assert run(*form, f"s390x=65535,{OWN}=2", "--", *["x"] * 65535, "echo", "own").stdout == b"own\n"


NAME = rf"(?:{OWN}|{OTHER}|s390x|[a-z0-9]{{1,16}})"
SHARE = rf"{NAME}=(?:[0-3]|[1-9][0-9]{{0,4}})"
ANY = st.from_regex(rf"{SHARE}(,{SHARE}){{0,2}}", fullmatch=True) | st.text(f"{OWN}=,013 é", max_size=12)


def is_right(shares: str, words: int) -> bool:
    """By the rules as they are told, for a machine of OWN."""
    pairs = re.findall("([a-z0-9]+)=([0-9]+)", shares)
    counts = {name: int(count) for name, count in pairs}
    own = counts.get(OWN, counts.get(OTHER))
    left = words - sum(counts.values())
    well_formed = re.fullmatch(rf"{SHARE}(,{SHARE})*", shares) and len(counts) == len(pairs)
    return bool(well_formed) and own is not None and left >= 0 and own + left > 0


@EXAMPLES
@given(shares=ANY)
def test_what_is_right_is_run_and_nothing_else(form: Form, run: Run, shares: str) -> None:
    ran = run(*form, shares, "--", *["true"] * 5)
    assert (ran.returncode, ran.stderr.count(b"\n")) == ((0, 0) if is_right(shares, 5) else (64, 1))


# --- an image that has nothing for this machine ----------------------------------------------------------------------------


def test_an_architecture_that_is_not_named_is_explained(
    form: Form, run: Run, with_message: Callable[..., tuple[int, str]]
) -> None:
    command = (*form, "s390x=1,riscv64=2", "--", "true", "true", "true", "true")
    sentence = f"richpod: the image runs different programs per architecture and names none for {OWN}"
    ran = run(*command)
    assert (ran.returncode, ran.stderr.decode()) == (64, f"{sentence}\n")
    assert with_message(*command) == (64, sentence)
