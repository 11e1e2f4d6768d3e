"""Calls of an upstream that went without an answer: what they ask for may still come about.

A timeout after such a call was given up it has come about or never will; but an upstream that was stopped does late whatever it
was asked, in any order, and only an answer says that it is not stopped any more. So the timeout begins with the first answer.
"""

from collections.abc import Callable

from webhook.gateway.grants.grant import Key

Kind = tuple[Key, bool]
"""An entry, and whether to revoke it."""


class Astray:
    """Of one upstream, with its `timeout` in seconds. `clock`: seconds since 1970."""

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self._timeout, self._clock = timeout, clock
        self._silent: dict[Kind, float] = {}
        """When calls were given up since which nothing was answered."""
        self._due: dict[Kind, float] = {}
        """Until when those may come about since which something was."""

    def lost(self, key: Key, revoke: bool, given_up: float) -> None:
        self._silent[key, revoke] = max(given_up, self._silent.get((key, revoke), given_up))

    def answered(self) -> None:
        """Whatever it was asked, and whatever it says."""
        now = self._clock()
        # A call that began before then has been judged.
        self._due = {kind: until for kind, until in self._due.items() if until > now - 2 * self._timeout}
        for kind, given_up in self._silent.items():
            self._due[kind] = max(now, given_up, self._due.get(kind, now) - self._timeout) + self._timeout
        self._silent.clear()

    def until(self, key: Key, revoke: bool) -> float:
        """What is asked afterwards comes behind all that was lost. Infinite before an answer."""
        kind = key, revoke
        return float("inf") if kind in self._silent else self._due.get(kind, float("-inf"))

    @property
    def is_empty(self) -> bool:
        """Whether all that was lost has come about, or never will."""
        return not self._silent and max(self._due.values(), default=0.0) < self._clock()
