"""Every row: what is measured, what is wanted, what must never be."""

from collections.abc import Callable
from functools import partial
from typing import NamedTuple

from benchmarks import launching, reviews, sidecar
from benchmarks.measure import Figure
from benchmarks.serving import against_floor, against_naive, tail_latency
from benchmarks.starting import dry_run, idle_memory, showing_help
from benchmarks.transform import LAUNCH, LXCFS, against_parsing, growth

STEADY = 0.25
"""A floor that spreads more than this fraction of its median proves nothing."""


class Row(NamedTuple):
    """`goal` is the aim, `bound` what must never be exceeded; a bound below the goal means that more is better."""

    name: str
    what: str
    goal: float
    bound: float
    measure: Callable[[], Figure]
    unit: str = "×"

    def judge(self, figure: Figure) -> str:
        """met, missed (the goal) or failed (the bound), with a word of doubt where the floor was unsteady."""
        sign = -1 if self.bound < self.goal else 1
        word = "met"
        if sign * figure.value > sign * self.goal:
            word = "missed"
        if sign * figure.value > sign * self.bound:
            word = "failed"
        return word if figure.unsteady <= STEADY else f"{word}, but the floor itself spread {figure.unsteady:.0%}"

    @property
    def wanted(self) -> str:
        """The goal and the bound in words."""
        sign, worst = ("≥", "below") if self.bound < self.goal else ("≤", "above")
        never = "" if self.goal == self.bound else f", never {worst} {self.bound:g}"
        return f"{sign} {self.goal:g}{never}"


_TRANSFORM = "transform of a {} review, {}, against orjson.loads of it"
_NAIVE = "throughput over TLS, {}, against Flask, gunicorn and make_patch"
_GROWTH = "growth of the transform from 100 to 1,000 {}, against orjson.loads'"
_POLICIES = (("launch", LAUNCH), ("launch+lxcfs", LXCFS))

ROWS: tuple[Row, ...] = (
    *(
        Row(f"transform-{size}-{policy}", _TRANSFORM.format(size, policy), 3, 5, partial(against_parsing, body, rules))
        for size, body in (("typical", reviews.TYPICAL), ("small", reviews.SMALL), ("large", reviews.LARGE))
        for policy, rules in _POLICIES
    ),
    Row("linear-containers", _GROWTH.format("containers"), 1.25, 2, partial(growth, lambda n: reviews.pod(n, 10, 3, True))),
    Row("linear-env", _GROWTH.format("variables"), 1.25, 2, partial(growth, lambda n: reviews.pod(1, n, 3, True))),
    *(
        Row(
            f"https-{policy}",
            f"throughput over TLS, {policy}, against a constant answer",
            0.4,
            0.25,
            partial(against_floor, rules),
        )
        for policy, rules in _POLICIES
    ),
    *(
        Row(
            f"flask-{policy}",
            _NAIVE.format(policy),
            25,
            15,
            partial(against_naive, rules),
        )
        for policy, rules in _POLICIES
    ),
    Row("latency", "99 of 100 reviews of ten containers are answered within", 25, 25, partial(tail_latency, LXCFS), "ms"),
    Row("memory-idle", "resident memory of an idle richpod serve", 64, 64, idle_memory, "MiB"),
    Row("cli-help", "richpod --help against a bare interpreter", 2.5, 2.5, showing_help),
    Row("cli-dry-run", "richpod dry-run of one pod against a bare interpreter", 15, 25, dry_run),
)

_LATER = "start of a program under {} later than without"
_STATE = ("--state", "{}/state")

INPOD: tuple[Row, ...] = (
    Row("launch", _LATER.format("the launcher"), 5, 5, launching.start, "ms"),
    Row("launch-hooks", _LATER.format("the launcher with hooks"), 5, 5, partial(launching.start, *_STATE), "ms"),
    Row("launch-prestart", _LATER.format("the launcher and its prestart hook"), 5, 5, launching.prestart, "ms"),
    Row("launch-memory", "resident memory of the launcher with hooks", 1, 1, launching.memory, "MiB"),
    Row("sidecar-memory", "resident memory of the sidecar", 17, 17, partial(sidecar.memory, "http"), "MiB"),
    Row("sidecar-memory-tls", "the same once it has spoken TLS", 24, 24, partial(sidecar.memory, "https"), "MiB"),
    Row("sidecar-memory-gateway", "the same where a gateway has answered it", 24, 24, sidecar.memory_with_gateway, "MiB"),
)
"""What runs inside pods."""
