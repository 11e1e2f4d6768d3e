"""Calls of an upstream that went without an answer: what they ask for may still come about, up to a timeout later.

An upstream that was stopped does late whatever it was asked, in any order; only an answer says that it is not stopped any more.
"""

import asyncio
from collections.abc import Callable

from webhook.gateway.errors import Busy
from webhook.gateway.grant import Entry, Key
from webhook.gateway.world import Answer

NEVER = float("-inf")


class Astray:
    """Of one upstream, with its `timeout` in seconds. `clock`: seconds since 1970."""

    def __init__(self, timeout: float, clock: Callable[[], float]) -> None:
        self._timeout, self._clock = timeout, clock
        self._revokes: dict[Key, float] = {}
        """Until when one may still come about."""
        self._answered: dict[tuple[str, Key], float] = {}
        """Since when revokes of a pod's entry are answered."""

    def expect(self, key: Key) -> None:
        """A revoke of it may be on its way."""
        self._revokes[key] = self._clock() + self._timeout

    async def come(self, key: Key, deadline: float) -> None:
        """What is granted now stays: a revoke from before has come, or never will. `deadline`: the loop's. Raises Busy."""
        left = self._revokes.pop(key, NEVER) - self._clock()
        if left > 0:
            self._revokes[key] = self._clock() + left
            if asyncio.get_running_loop().time() + left > deadline:
                raise Busy(503, f"{key.upstream} has not answered the last revoke of it", left)
            await asyncio.sleep(left)

    def is_final(self, uid: str, entry: Entry, begun: float, answer: Answer) -> bool:
        """Whether a revoke, begun at that time by `clock`, leaves nothing that may still be granted."""
        which = uid, entry.key
        if answer.done is None:
            self.expect(entry.key)
        if not answer.done:
            return False
        unknown = entry.unknown_until(self._timeout)
        if unknown > NEVER and begun <= max(unknown, self._answered.setdefault(which, self._clock()) + self._timeout):
            return False
        self._answered.pop(which, None)
        return True
