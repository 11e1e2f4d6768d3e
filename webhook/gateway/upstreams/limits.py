"""Whether an upstream may be asked once more: a decision over what the ledger holds and the time, and nothing else.

Who starts over and over must not drown an upstream, and what one application does must not reach another. Attempts are fields of
Grants, so limits hold across restarts of pods and of the gateway.
"""

from collections.abc import Iterable
from typing import NamedTuple

from webhook.gateway.grants.grant import Attempt

CALLS = 3
"""Within a window, for one application at one address in a namespace, whatever comes of them."""
FAILURES = 30
"""Within a window, of a whole application in a namespace: then it is closed for a window."""


class Closed(NamedTuple):
    """Why, and the seconds after which it is worth asking again."""

    sentence: str
    seconds: float


def closed(here: Iterable[Attempt], application: Iterable[Attempt], now: float, window: float, patience: float) -> Closed | None:
    """None where one more call may go out.

    `here`: attempts of the application at this address; `application`: those of all its addresses. A pending one has failed
    after `patience` seconds: its process ended. Times that are still to come count as now: clocks differ.
    """
    calls = sorted(min(attempt.at, now) for attempt in here)[-CALLS:]
    if len(calls) == CALLS and now < calls[0] + window:
        return Closed(f"{CALLS} calls within {window:g} s from this address", calls[0] + window - now)
    failures = sorted(min(attempt.at, now) for attempt in application if _failed(attempt, now, patience))[-FAILURES:]
    if len(failures) == FAILURES and failures[-1] < failures[0] + window and now < failures[-1] + window:
        return Closed(f"{FAILURES} calls of the application failed within {window:g} s", failures[-1] + window - now)
    return None


def forgotten(attempt: Attempt, window: float) -> float:
    """The moment from which no decision can depend on it any more: the last of those that closed an application is at most a
    window old, and the first of them a window older."""
    return attempt.at + 2 * window


def _failed(attempt: Attempt, now: float, patience: float) -> bool:
    if attempt.outcome == "pending":
        return attempt.at < now - patience
    return attempt.outcome != "granted"
