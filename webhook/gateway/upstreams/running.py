"""Work that goes on to its end once an upstream has been asked, whoever waits for it, and is given up before that."""

import asyncio
from collections.abc import Callable, Coroutine

from webhook.gateway.errors import another_leads

Work = Callable[[asyncio.Event], Coroutine[object, object, None]]
"""To be told by the event that it has begun."""


class Running:
    def __init__(self) -> None:
        self._begun: dict[asyncio.Task[None], asyncio.Event] = {}
        self._is_over = False

    async def run(self, work: Work) -> None:
        """Raises what the work raises, and Busy where nothing begins any more."""
        if self._is_over:
            raise another_leads()
        begun = asyncio.Event()
        task = asyncio.ensure_future(work(begun))
        self._begun[task] = begun
        task.add_done_callback(self._begun.pop)
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            if task.cancelled():
                raise another_leads() from None
            if not begun.is_set():
                task.cancel()
            raise

    async def finish(self) -> None:
        """Nothing more begins; returns once all that has begun is done."""
        self._is_over = True
        for task, begun in self._begun.items():
            if not begun.is_set():
                task.cancel()
        await asyncio.gather(*self._begun, return_exceptions=True)
