"""The sidecar's steps: a table of what follows from what, and laws that hold whatever is seen, in whatever order."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.inpod.sidecar import steps
from webhook.inpod.sidecar.state import Seen
from webhook.inpod.sidecar.steps import ASK, CHECK, REST, WAIT, WITHDRAW, Course, Pace

ONCE = Pace(1, 0.1)
NOW = 1000.0

Life = list[tuple[float, Seen, str]]
"""Seconds since the last, what is seen then, what a check then finds wrong."""


@pytest.mark.parametrize(
    ("course", "seen", "action"),
    [
        (Course(), Seen(), WAIT),
        (Course(), Seen(1), CHECK),
        (Course(1, successes=1), Seen(1), ASK),
        (Course(1, successes=1), Seen(2), CHECK),
        (Course(1, successes=1, due=NOW + 1), Seen(1), WAIT),
        (Course(1, successes=1), Seen(1, exit=0), REST),
        (Course(1, successes=1), Seen(1, exit=3), ASK),
        (Course(1, successes=1, asked=True), Seen(1), WAIT),
        (Course(1, successes=1, asked=True), Seen(1, exit=3), WAIT),
        (Course(1, successes=1), Seen(1, online=True), REST),
        (Course(1, successes=1), Seen(1, chosen="hold"), REST),
        (Course(1, successes=1), Seen(1, chosen="offline"), REST),
        (Course(1, successes=1), Seen(1, chosen="online"), ASK),
        (Course(1, successes=1), Seen(1, ended=True), WAIT),
        (Course(1, successes=1), Seen(1, stopping=True), WAIT),
        (Course(1, successes=1), Seen(1, exit=0, stopping=True), WAIT),
        (Course(), Seen(1, asked=True), WAIT),
        (Course(), Seen(1, asked=True, online=True), WITHDRAW),
        (Course(), Seen(1, asked=True, exit=0), WAIT),
        (Course(), Seen(1, asked=True, chosen="hold"), WITHDRAW),
        (Course(), Seen(1, asked=True, ended=True), WITHDRAW),
        (Course(), Seen(1, asked=True, stopping=True), WITHDRAW),
    ],
)
def test_what_to_do(course: Course, seen: Seen, action: str) -> None:
    assert steps.step(course, seen, ONCE, NOW)[1] == action


def test_a_generation_that_cannot_be_read_for_a_moment_loses_nothing() -> None:
    course = Course(3, successes=1, asked=True)
    assert steps.step(course, Seen(), ONCE, NOW) == (course, WAIT)


seen = st.builds(
    Seen,
    generation=st.integers(0, 3),
    asked=st.booleans(),
    exit=st.none() | st.integers(0, 255),
    milliseconds=st.integers(0, 10**6),
    stopping=st.booleans(),
    online=st.booleans(),
    ended=st.booleans(),
    chosen=st.sampled_from(["", "hold", "online", "offline"]),
)
life = st.lists(st.tuples(st.floats(0.001, 40), st.just(Seen(1)) | seen, st.sampled_from(["", "it answered 500"])), max_size=30)
paces = st.builds(Pace, st.integers(0, 3), st.floats(0.01, 60))


def lived(life: Life, pace: Pace) -> list[tuple[float, Seen, str, Course]]:
    """Time, what was seen, what was done and the course after it, where every check is over at once."""
    course, now, done = Course(), 0.0, []
    for later, seen, verdict in life:
        now += later
        course, action = steps.step(course, seen, pace, now)
        if action == CHECK:
            course = steps.checked(course, verdict, pace, now)
        elif action == ASK:
            course = course._replace(asked=True)
        done.append((now, seen, action, course))
    return done


@given(life, paces)
def test_it_asks_for_the_current_generation_only_and_never_in_vain(life: Life, pace: Pace) -> None:
    for _, seen, action, course in lived(life, pace):
        if action == ASK:
            assert course.generation == seen.generation > 0
            assert seen == Seen(seen.generation, exit=seen.exit, milliseconds=seen.milliseconds, chosen=seen.chosen)
            assert seen.exit != 0
            assert seen.chosen in ("", "online")


@given(life, paces)
def test_it_asks_only_after_as_many_successes_in_a_row_of_this_generation(life: Life, pace: Pace) -> None:
    row, generation = 0, 0
    for (_, verdict_seen, verdict), (_, _, action, _) in zip(life, lived(life, pace), strict=True):
        if verdict_seen.generation and verdict_seen.generation != generation:
            row, generation = 0, verdict_seen.generation
        if action == CHECK:
            row = 0 if verdict else row + 1
        if action == ASK:
            assert row >= pace.successes


@given(life, paces)
def test_two_requests_of_a_generation_are_parted_by_a_result_or_a_choice(life: Life, pace: Pace) -> None:
    """Nothing else makes it ask twice."""
    done = lived(life, pace)
    asked = [i for i, (_, _, action, _) in enumerate(done) if action == ASK]
    for first, second in pairwise(asked):
        between = [seen for _, seen, _, _ in done[first + 1 : second + 1] if seen.generation]
        assert any(
            seen.generation != done[first][1].generation
            or seen.exit is not None
            or seen.chosen in ("hold", "offline")
            or seen.online
            or seen.stopping
            or seen.ended
            for seen in between
        )


@given(life, paces)
def test_pauses_are_bounded(life: Life, pace: Pace) -> None:
    for now, _, _, course in lived(life, pace):
        assert course.due <= now + max(steps.LONGEST_BACK_OFF, steps.LONGEST_PAUSE, pace.period)


def test_the_back_off_after_preonline() -> None:
    course, pauses = Course(1), []
    for _ in range(8):
        course = steps.failed(course, "it", NOW)
        pauses.append(course.due - NOW)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]
    assert steps.failed(course._replace(failures=10**9), "it", NOW).due == NOW + 30


@pytest.mark.parametrize(("had", "pause"), [(0, 0.1), (1, 0.1), (5, 0.5), (20, 2), (3600, 2)])
def test_checks_are_at_most_a_tenth_of_the_start_apart(had: float, pause: float) -> None:
    course = steps.checked(Course(1, began=NOW - had), "refused", ONCE, NOW)
    assert course.due == pytest.approx(NOW + pause)


@given(seen)
def test_ready_is_online_and_not_ended(seen: Seen) -> None:
    assert steps.ready(seen) == (seen.online and not seen.ended)


@pytest.mark.parametrize(
    ("seen", "soon"),
    [
        (Seen(), True),
        (Seen(1), True),
        (Seen(1, asked=True), True),
        (Seen(1, asked=True, exit=7), True),
        (Seen(1, chosen="online"), True),
        (Seen(1, exit=7), False),
        (Seen(1, exit=0), False),
        (Seen(1, ended=True), False),
        (Seen(1, stopping=True), False),
        (Seen(1, chosen="hold"), False),
        (Seen(1, asked=True, chosen="offline"), False),
    ],
)
def test_it_may_be_ready_soon_where_nothing_failed_and_nobody_is_against_it(seen: Seen, soon: bool) -> None:
    assert steps.soon(seen) == soon


@given(life, paces)
def test_why_is_one_line_and_says_online_where_it_is_ready(life: Life, pace: Pace) -> None:
    for _, seen, _, course in lived(life, pace):
        why = steps.why(course, seen)
        assert why.isprintable()
        assert len(why) < 200
        assert why.endswith(": online") == (steps.ready(seen) and seen.generation > 0)
