"""The transform: a review's body in, the answer's body out, no HTTP. The unit is `orjson.loads` of the same body."""

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


def growth(what: str) -> Figure:
    """Time for 1,000 `containers` or `env` against ten times the time for 100: 1 is linear, 10 quadratic."""
    context = Context(LXCFS, "default", "privileged")
    shape = {"containers": 1, "env": 10, "mounts": 3, "probes": True}
    bodies = {n: reviews.review(reviews.pod(**{**shape, what: n})) for n in (1, 10, 100, 1000)}
    cells = {n: seconds(partial(admit, body, context)) for n, body in bodies.items()}

    def say(thousand: float, hundred: float) -> str:
        one, ten = cells[1](), cells[10]()
        times = ", ".join(f"{t * 1e6:,.0f}" for t in (one, ten, hundred, thousand))
        return f"1, 10, 100, 1,000 of them: {times} µs; exponent from 100 to 1,000: {log10(thousand / hundred):.2f}"

    return compare(cells[1000], cells[100], 9, say, scale=10)
