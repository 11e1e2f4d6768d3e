"""The transform: a review's body in, the answer's body out, no HTTP. The unit is `orjson.loads` of the same body."""

from collections.abc import Callable
from functools import partial
from math import log10

import orjson

from benchmarks import reviews
from benchmarks.measure import Figure, compare, seconds
from webhook.admission.context import Context
from webhook.admission.review import admit
from webhook.policy import Policy

LAUNCH = Policy()
"""The default policy: `launch` as PID 1."""
LXCFS = Policy.model_validate({"profiles": {"default": {"features": {"init": "launch", "lxcfs": True}}}})


def against_parsing(body: bytes, policy: Policy) -> Figure:
    context = Context(policy, "default", "privileged")
    operations = admit(body, context).operations

    def say(transform: float, parse: float) -> str:
        times = f"admit {transform * 1e6:.1f} µs, orjson.loads {parse * 1e6:.1f} µs"
        return f"{len(body):,} bytes, {operations} operations: {times}"

    return compare(seconds(partial(admit, body, context)), seconds(partial(orjson.loads, body)), 15, say)


def growth(pod: Callable[[int], reviews.Json]) -> Figure:
    """How the time of `pod(1000)` exceeds that of `pod(100)`, against how that of `orjson.loads` does.

    More memory costs every program more than its share, parsing included: what is steeper than parsing is richpod's own.
    """
    context = Context(LXCFS, "default", "privileged")
    bodies = {n: reviews.review(pod(n)) for n in (1, 10, 100, 1000)}
    transform = {n: seconds(partial(admit, body, context)) for n, body in bodies.items()}
    parse = {n: seconds(partial(orjson.loads, body)) for n, body in bodies.items()}

    def say(ours: float, parsing: float) -> str:
        times = ", ".join(f"{cell() * 1e6:,.0f}" for cell in transform.values())
        exponents = f"exponent {log10(ours):.2f}, orjson.loads {log10(parsing):.2f}"
        return f"1, 10, 100, 1,000 of them: {times} µs; from 100 to 1,000: {exponents}"

    return compare(lambda: transform[1000]() / transform[100](), lambda: parse[1000]() / parse[100](), 9, say)
