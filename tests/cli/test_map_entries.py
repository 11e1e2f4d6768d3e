"""What registries say comes back out of the policy as it was said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.cli.map_entries import entry, written
from webhook.errors import BadImage
from webhook.images.program import Program
from webhook.policy.file import parse
from webhook.policy.images import MappedImage

WORD = st.text(st.characters(exclude_categories=["Cs"]))
WORDS = st.lists(WORD, max_size=3).map(tuple)
PROGRAM = st.builds(Program, WORDS, WORDS, WORD, WORD, WORD)
ARCHITECTURE = st.sampled_from(["386", "amd64", "arm", "arm64", "ppc64le", "riscv64", "s390x"])
SHOP = Program(("/shop",), ("--all",))


@given(PROGRAM)
def test_an_image_for_all_machines_comes_back(program: Program) -> None:
    assert MappedImage.model_validate(entry({"": program})).programs == {"": program}


@given(st.dictionaries(ARCHITECTURE, PROGRAM, min_size=1))
def test_an_image_of_several_platforms_comes_back(programs: dict[str, Program]) -> None:
    """As one where all are equal, else each."""
    first, *others = programs.values()
    equal = all(other == first for other in others)
    assert MappedImage.model_validate(entry(programs)).programs == ({"": first} if equal else programs)


@given(st.dictionaries(ARCHITECTURE, PROGRAM, min_size=1))
def test_what_is_written_is_read_by_the_policy_as_it_is(programs: dict[str, Program]) -> None:
    """JSON is YAML only where nothing stands in it that YAML folds or refuses."""
    entries = {"registry.example/shop:1": entry(programs), "shop": {}}
    (mapped, _) = parse(f"images:\n  map: {written(entries)}").images.map.values()
    assert mapped.programs == MappedImage.model_validate(entry(programs)).programs
    assert json.loads(written(entries)) == entries


def test_what_an_image_does_not_say_is_left_out() -> None:
    assert entry({"": Program(("/shop",), ())}) == {"entrypoint": ["/shop"]}
    assert entry({"": Program((), (), "app", "/srv", "SIGQUIT")}) == {
        "user": "app",
        "workingDir": "/srv",
        "stopSignal": "SIGQUIT",
    }


def test_variants_that_agree_are_one() -> None:
    assert entry({"arm/v6": SHOP, "arm/v7": SHOP, "amd64": Program((), ())}) == {
        "platforms": {"arm": {"entrypoint": ["/shop"], "cmd": ["--all"]}, "amd64": {}}
    }


def test_variants_that_differ_have_no_place_in_a_map() -> None:
    with pytest.raises(BadImage, match="the image runs different programs on variants of arm"):
        entry({"arm/v6": SHOP, "arm/v7": SHOP._replace(user="app")})


def test_the_same_is_written_the_same_whatever_came_first() -> None:
    one, other = {"amd64": SHOP, "arm64": Program((), ())}, {"arm64": Program((), ()), "amd64": SHOP}
    assert written({"b": entry(one), "a": {}}) == written({"a": {}, "b": entry(other)})


def test_nothing_that_is_written_steers_a_terminal() -> None:
    assert written({"shop": {"cmd": ["\x1b\x9b\u202e", "ü😀"]}}).count("\\u") == 3
    assert "ü😀" in written({"shop": {"cmd": ["ü😀"]}})
