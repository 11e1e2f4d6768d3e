"""The log: one JSON object, one line for each event; the lines of one turn of the event loop in one write.

Words of a user are names only, each cut and printable (requirement 57): a log line cannot be forged, and holds no environment
value, annotation or body. What code says about itself, exceptions included, is told by place and class, not by value.
"""

import logging
import os
import select
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

import orjson

from webhook.printable import one_line
from webhook.turn import Turn

Write = Callable[[bytes], object]
Log = Callable[..., None]
"""log(event, **facts)"""

NAME_LENGTH = 253
"""The longest name Kubernetes allows; also the most of any word of a user in a line."""
SENTENCE_LENGTH = 1000
"""The most of a sentence that holds words of others."""
FRAMES = 12
_OPTIONS = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


def log_to(write: Write) -> Log:
    """A log whose lines go to `write`. A line that cannot be written is lost: it never fails an admission."""
    lines = Turn(partial(_try, write))

    def log(event: str, **facts: Any) -> None:
        lines.write(orjson.dumps({"time": datetime.now(UTC), "event": event, **facts}, option=_OPTIONS))

    return log


def _try(write: Write, lines: bytes) -> None:
    with suppress(OSError):
        write(lines)


def descriptor(number: int) -> Write:
    """Writes lines to a file descriptor and loses those for which nobody reads: an admission never waits for its log."""
    ready = select.poll()
    ready.register(number, select.POLLOUT)

    def write(lines: bytes) -> None:
        for piece in _pieces(lines):
            if not ready.poll(0):
                return
            os.write(number, piece)

    return write


def _pieces(lines: bytes) -> Iterator[bytes]:
    """Whole lines, as many together as a pipe that is ready takes without blocking (pipe(7): PIPE_BUF)."""
    start = 0
    while len(lines) - start > select.PIPE_BUF:
        end = lines.rfind(b"\n", start, start + select.PIPE_BUF) + 1 or start + select.PIPE_BUF
        yield lines[start:end]
        start = end
    yield lines[start:]


def failure(error: BaseException) -> dict[str, Any]:
    """An exception: its class, and where it came from. Its text is left out, because it may quote a pod."""
    frames = traceback.extract_tb(error.__traceback__)[-FRAMES:]
    return {
        "exception": type(error).__name__,
        "traceback": [f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames],
    }


class Lines(logging.Handler):
    """What libraries log, as lines of the same log."""

    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        facts = failure(record.exc_info[1]) if record.exc_info and record.exc_info[1] else {}
        sentence = one_line(record.getMessage(), NAME_LENGTH)
        self._log("library", library=record.name, severity=record.levelname, sentence=sentence, **facts)
