"""Looks at things of which something was heard: one at a time at each, and once more where more is heard meanwhile."""

from collections.abc import Awaitable, Callable

from webhook.gateway.pods.endings import Start


class Looks:
    def __init__(self, look: Callable[[str], Awaitable[None]], start: Start) -> None:
        self._look, self._start = look, start
        self._heard: dict[str, bool] = {}

    def at(self, uid: str) -> None:
        """What the API server says from now on is what counts."""
        if uid not in self._heard:
            self._start(self._all(uid))
        self._heard[uid] = True

    async def _all(self, uid: str) -> None:
        while self._heard[uid]:
            self._heard[uid] = False
            await self._look(uid)
        del self._heard[uid]
