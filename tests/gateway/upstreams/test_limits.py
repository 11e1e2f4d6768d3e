"""Limits: what may go out, by what went out before."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webhook.gateway.grants.grant import Attempt, Outcome
from webhook.gateway.upstreams.limits import CALLS, FAILURES, Closed, closed, forgotten

WINDOW, PATIENCE, NOW = 60.0, 10.0, 1000.0
OUTCOMES: tuple[Outcome, ...] = ("pending", "granted", "refused", "unanswered")


def attempts(outcome: Outcome, *ages: float) -> list[Attempt]:
    return [Attempt(NOW - age, outcome) for age in ages]


def judged(here: list[Attempt], application: list[Attempt] | None = None) -> Closed | None:
    return closed(here, here if application is None else application, NOW, WINDOW, PATIENCE)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_three_calls_from_an_address_within_a_window_whatever_came_of_them(outcome: Outcome) -> None:
    assert judged(attempts(outcome, 59, 2)) is None
    assert judged(attempts(outcome, 60, 2, 1)) is None
    assert judged(attempts(outcome, 59, 2, 1)) == Closed("3 calls within 60 s from this address", 1)


def test_an_application_is_closed_for_a_window_by_thirty_calls_that_failed() -> None:
    failed = attempts("refused", *range(20, 20 + FAILURES))
    assert judged([], failed[1:]) is None
    assert judged([], failed) == Closed("30 calls of the application failed within 60 s", 40)


def test_calls_that_succeeded_or_are_on_their_way_do_not_close_an_application() -> None:
    assert judged([], attempts("granted", *range(500))) is None
    assert judged([], attempts("pending", *[PATIENCE - 1] * 100)) is None
    assert judged([], attempts("pending", *[PATIENCE + 1] * FAILURES)) is not None


def test_a_clock_that_was_ahead_closes_and_never_opens() -> None:
    assert judged(attempts("granted", -300, -300, -300)) == Closed("3 calls within 60 s from this address", WINDOW)
    assert judged([], attempts("refused", *[-300] * FAILURES)) is not None


CALLERS = st.lists(st.tuples(st.floats(0, 30), st.integers(0, 5), st.sampled_from(OUTCOMES[1:])), max_size=120)


@given(CALLERS)
def test_no_window_ever_holds_more(life: list[tuple[float, int, Outcome]]) -> None:
    """Callers come when they like; each call is made that may be made. What is forgotten changes no decision."""
    now, made = 0.0, list[tuple[int, Attempt]]()
    for later, address, outcome in life:
        now += later
        everything = [attempt for _, attempt in made]
        here = [attempt for other, attempt in made if other == address]
        found = closed(here, everything, now, WINDOW, PATIENCE)
        kept = [[each for each in some if now < forgotten(each, WINDOW)] for some in (here, everything)]
        assert found == closed(*kept, now, WINDOW, PATIENCE)
        if found is None:
            made.append((address, Attempt(now, outcome)))
        else:
            assert 0 < found.seconds <= WINDOW
    for address in range(6):
        times = [attempt.at for other, attempt in made if other == address]
        assert all(later - earlier >= WINDOW for earlier, later in zip(times, times[CALLS:], strict=False))
    failed = [attempt.at for _, attempt in made if attempt.outcome != "granted"]
    for first, last in zip(failed, failed[FAILURES - 1 :], strict=False):
        if last < first + WINDOW:
            assert not [attempt for _, attempt in made if last < attempt.at < last + WINDOW]
