"""What is remembered, for how long, and what makes room."""

from hypothesis import given
from hypothesis import strategies as st

from webhook.images.memory import Memory


def test_what_was_learned_is_known_until_its_end() -> None:
    memory = Memory[str, str](100)
    memory.put("a", "one", 10, until=5.0)
    assert memory.get("a", 4.9) == "one"
    assert memory.get("a", 5.0) is None
    assert memory.held == 0


def test_what_was_asked_for_least_recently_makes_room() -> None:
    memory = Memory[str, int](30)
    for number, key in enumerate("abc"):
        memory.put(key, number, 10, until=9.0)
    assert memory.get("a", 0.0) == 0
    memory.put("d", 3, 10, until=9.0)
    assert [memory.get(key, 0.0) for key in "abcd"] == [0, None, 2, 3]


def test_what_is_larger_than_all_the_room_is_not_kept_and_replaces_what_was_known() -> None:
    memory = Memory[str, int](30)
    memory.put("a", 1, 10, until=9.0)
    memory.put("b", 2, 10, until=9.0)
    memory.put("a", 3, 31, until=9.0)
    assert (memory.get("a", 0.0), memory.get("b", 0.0), memory.held) == (None, 2, 10)


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.integers(0, 9)), max_size=40))
def test_there_is_never_more_than_room_for(steps: list[tuple[int, int, int]]) -> None:
    memory = Memory[int, int](60)
    for key, size, until in steps:
        memory.put(key, size, size, until=until)
        known = [memory.get(each, 0.0) for each in range(6)]
        assert memory.held <= 60
        assert memory.held == sum(size for size in known if size is not None)
