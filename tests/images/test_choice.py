"""One argv for all machines, or one for each architecture: never a guess."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.errors import BadImage
from webhook.images.choice import Choice, choice
from webhook.images.program import Program, argv

WORDS = st.lists(st.text(max_size=5), min_size=1, max_size=4).map(tuple)
PROGRAMS = st.builds(Program, entrypoint=WORDS, cmd=WORDS)
ARGS = st.none() | st.lists(st.text(max_size=3), max_size=2)


def test_where_every_platform_runs_the_same_it_is_written_once() -> None:
    same = Program(("/entry",), ("serve",))
    assert choice({"amd64": same, "arm64": same, "arm/v7": same}, None) == Choice(["/entry", "serve"], {})
    assert choice({"": same}, ["-x"]) == Choice(["/entry"], {})


def test_what_no_args_would_show_is_no_difference_where_args_take_its_place() -> None:
    programs = {"amd64": Program(("/entry",), ("a",)), "arm64": Program(("/entry",), ("b", "c"))}
    assert choice(programs, ["-x"]) == Choice(["/entry"], {})
    assert choice(programs, None) == Choice(["/entry", "a", "/entry", "b", "c"], {"amd64": 2, "arm64": 3})


def test_variants_of_one_architecture_must_agree() -> None:
    programs = {"arm/v6": Program(("/six",), ()), "arm/v7": Program(("/seven",), ())}
    with pytest.raises(BadImage, match="variants of arm"):
        choice(programs, None)


def test_one_platform_that_would_run_nothing_is_one_too_many() -> None:
    with pytest.raises(BadImage, match="neither ENTRYPOINT nor CMD"):
        choice({"amd64": Program(("/entry",), ()), "arm64": Program((), ())}, None)


@given(st.dictionaries(st.sampled_from(("amd64", "arm64", "s390x")), PROGRAMS, min_size=1), ARGS)
def test_each_architecture_finds_its_own_words(programs: dict[str, Program], args: list[str] | None) -> None:
    found = choice(programs, args)
    if not found.lengths:
        assert all(argv(program, args) == found.argv for program in programs.values())
        return
    rest = list(found.argv)
    for architecture, length in found.lengths.items():
        assert rest[:length] == argv(programs[architecture], args)
        del rest[:length]
    assert rest == []
