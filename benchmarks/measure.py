"""Ratios of two things, measured in interleaved rounds: what disturbs the machine disturbs both."""

import gc
from collections.abc import Callable
from operator import truediv
from statistics import median
from time import perf_counter
from typing import NamedTuple

Cell = Callable[[], float]
"""Measures once: seconds for one call, or requests in a second."""

CELL_SECONDS = 0.02


class Figure(NamedTuple):
    """What a row found. `low` and `high` are the rounds' extremes but one; `unsteady` is that spread of the floor itself, as a
    fraction of its median."""

    value: float
    low: float
    high: float
    unsteady: float
    detail: str


def compare(
    subject: Cell,
    floor: Cell,
    rounds: int,
    say: Callable[[float, float], str],
    of: Callable[[float, float], float] = truediv,
) -> Figure:
    """subject / floor of each round, or what else `of` makes of them; `say` makes the detail of both medians. The first round
    warms up."""
    pairs = [(subject(), floor()) for _ in range(rounds + 1)][1:]
    ratios = sorted(of(one, other) for one, other in pairs)
    subjects, floors = sorted(one for one, _ in pairs), sorted(other for _, other in pairs)
    unsteady = (floors[-2] - floors[1]) / median(floors)
    return Figure(median(ratios), ratios[1], ratios[-2], unsteady, say(median(subjects), median(floors)))


def seconds(call: Callable[[], object]) -> Cell:
    """A cell of so many calls that they take about CELL_SECONDS together; the collector is set as in the server."""
    gc.collect()
    gc.freeze()
    started = perf_counter()
    call()
    number = max(1, round(CELL_SECONDS / (perf_counter() - started)))

    def cell() -> float:
        started = perf_counter()
        for _ in range(number):
            call()
        return (perf_counter() - started) / number

    return cell
