"""What a running `richpod serve` says: its log, event by event, for tests that wait for one."""

import json
from collections.abc import Callable
from threading import Condition, Thread
from typing import IO, Any

Event = dict[str, Any]


class ServerLog:
    """The events so far, in order; a thread reads them until the process ends."""

    def __init__(self, stream: IO[str]) -> None:
        self.events: list[Event] = []
        self._ended = False
        self._changed = Condition()
        Thread(target=self._read, args=(stream,), daemon=True).start()

    def wait(self, wanted: Callable[[Event], bool], seconds: float = 30) -> Event:
        """The first event that fits. Raises LookupError, with all that was said, where none comes."""
        with self._changed:
            self._changed.wait_for(lambda: self._ended or any(map(wanted, self.events)), seconds)
            for event in self.events:
                if wanted(event):
                    return event
        raise LookupError("\n".join(map(json.dumps, self.events)))

    def _read(self, stream: IO[str]) -> None:
        with stream:
            for line in stream:
                self._add(json.loads(line) if line.startswith("{") else {"event": "text", "text": line})
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _add(self, event: Event) -> None:
        with self._changed:
            self.events.append(event)
            self._changed.notify_all()
