"""What to do next, from what is seen and what was done: pure, with the time as an argument in seconds of any one clock."""

from typing import NamedTuple

from webhook.inpod import contract
from webhook.inpod.sidecar.state import Seen

REST, WAIT, CHECK, ASK, WITHDRAW = "rest", "wait", "check", "ask", "withdraw"
"""Nothing for long; nothing yet; go on with a check, or begin one; write the request; take it back."""

LONGEST_PAUSE = 2.0
"""Seconds between two checks, at most."""
LONGEST_BACK_OFF = 30.0
"""Seconds between a preonline that failed and the next, at most."""


class Pace(NamedTuple):
    """Of checks: how many have to succeed in a row, 0 where none is made; seconds between two at first."""

    successes: int
    period: float


class Course(NamedTuple):
    """How far a generation is."""

    generation: int = 0
    began: float = 0.0
    due: float = 0.0
    """When the next check, or request, may come."""
    successes: int = 0
    """Of checks, in a row."""
    verdict: str = ""
    """What was wrong at the last check."""
    asked: bool = False
    failures: int = 0
    """Of requests, or of preonline."""
    trouble: str = ""
    """How the last of them failed."""


def step(course: Course, seen: Seen, pace: Pace, now: float) -> tuple[Course, str]:
    """The course from now on and what to do. A check in flight is to be dropped where the answer is not CHECK, or the
    generation another.

    A request may be a person's, too (`launch online`), and is left alone where it serves a purpose. The launcher takes the result
    of an earlier one away before it takes a request, so a result where no request is there is an answer.
    """
    if not seen.generation:
        return course, WAIT
    if seen.generation != course.generation:
        course = Course(seen.generation, began=now, due=now)
    if seen.ends or seen.online or seen.chosen in (contract.HOLD, contract.OFFLINE):
        rest = WAIT if seen.ends else REST
        return course._replace(asked=False), WITHDRAW if seen.asked else rest
    if seen.asked:
        return course._replace(asked=True), WAIT
    if seen.exit == 0:
        return course._replace(asked=False), REST
    if course.asked and seen.exit is None:
        return course, WAIT
    if course.asked:
        course = failed(course, f"preonline {_failure(seen)}", now)
    if now < course.due:
        return course, WAIT
    return course, CHECK if course.successes < pace.successes else ASK


def _failure(seen: Seen) -> str:
    how = "took too long" if seen.exit == contract.EXIT_TIMEOUT else f"failed with exit code {seen.exit}"
    also = " (or there is trouble with the online file: the container's log tells)" if seen.exit == contract.EXIT_SYSTEM else ""
    return f"{how} after {seen.milliseconds} ms{also}"


def checked(course: Course, verdict: str, pace: Pace, now: float) -> Course:
    """After a check; an empty verdict is a success.

    A program that does not answer is asked again after a tenth of the time it has had so far: a start is noticed at most that
    much later than it could be.
    """
    if not verdict:
        successes = course.successes + 1
        return course._replace(successes=successes, verdict="", due=now + (pace.period if successes < pace.successes else 0))
    pause = max(pace.period, min(LONGEST_PAUSE, (now - course.began) / 10))
    return course._replace(successes=0, verdict=verdict, due=now + pause)


def failed(course: Course, trouble: str, now: float) -> Course:
    """After a preonline, or a request, that failed."""
    pause = min(LONGEST_BACK_OFF, 2.0 ** min(course.failures, 8))
    trouble = f"{trouble}, asked for again in {pause:.0f} s"
    return course._replace(asked=False, failures=course.failures + 1, trouble=trouble, due=now + pause)


def ready(seen: Seen) -> bool:
    return seen.online and not seen.ended


def soon(seen: Seen) -> bool:
    """Whether it may be ready any moment, for nothing has failed and nobody is against it."""
    return not (seen.ends or seen.chosen in (contract.HOLD, contract.OFFLINE) or (seen.exit is not None and not seen.asked))


def why(course: Course, seen: Seen) -> str:
    """Why it is ready, or not: one line."""
    return f"generation {seen.generation}: {_state(course, seen)}" if seen.generation else "the container has not started"


def _state(course: Course, seen: Seen) -> str:
    if seen.ended:
        return "its program has ended"
    if seen.online:
        return "online"
    if seen.stopping:
        return "the container is stopping"
    if seen.chosen == contract.HOLD:
        return "held back until somebody puts it online"
    if seen.chosen == contract.OFFLINE:
        return "taken offline by somebody"
    if seen.exit == 0:
        return "preonline succeeded, and its online file is not there"
    if course.asked:
        return "preonline was asked for"
    return course.verdict or course.trouble or "not checked yet"
