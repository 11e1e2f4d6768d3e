"""What a program tells that is executed in a container: an open connection of `v4.channel.k8s.io` or `v5.channel.k8s.io`."""

import json
import time
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from websocket import ABNF, WebSocket, WebSocketException, WebSocketTimeoutException

from webhook.errors import ApiError

_OUT, _ERR, _STATUS = 1, 2, 3
"""Channels: the first byte of each frame."""
MOST_BYTES = 64 * 1024
"""Of all that a program says: what runs in a container is a stranger's."""


class Executed(NamedTuple):
    code: int
    out: str
    err: str


def executed(connection: WebSocket, seconds: float) -> Executed:
    """How the program ended; the connection is closed then.

    Raises ApiError: where it could not be started, says too much, has not ended after `seconds` (reason Timeout; it may go on),
    or was not seen to end.
    """
    try:
        return _heard(_frames(connection, time.monotonic() + seconds))
    except WebSocketTimeoutException:
        raise ApiError(0, "Timeout", f"what was executed has not ended after {seconds:.0f} s") from None
    except (WebSocketException, OSError) as error:
        raise _cut_short(str(error)) from None
    finally:
        connection.shutdown()  # type: ignore[no-untyped-call]


def _frames(connection: WebSocket, end: float) -> Iterator[bytes]:
    """What arrives until the other side closes the connection. `end`: of the monotonic clock."""
    while (left := end - time.monotonic()) > 0:
        connection.settimeout(left)
        code, frame = connection.recv_data_frame(True)
        if code == ABNF.OPCODE_CLOSE:
            return
        if code in (ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT):
            yield frame.data
    raise WebSocketTimeoutException


def _heard(frames: Iterable[bytes]) -> Executed:
    heard = {channel: bytearray() for channel in (_OUT, _ERR, _STATUS)}
    for frame in frames:
        if frame and frame[0] in heard:
            heard[frame[0]] += frame[1:]
        if sum(map(len, heard.values())) > MOST_BYTES:
            raise ApiError(0, "TooLong", f"what was executed says more than {MOST_BYTES} bytes")
    return Executed(_code(heard[_STATUS]), heard[_OUT].decode(errors="replace"), heard[_ERR].decode(errors="replace"))


def _code(text: bytearray) -> int:
    """The exit code in a Status object."""
    try:
        status = json.loads(text)
        if status["status"] == "Success":
            return 0
        if status["reason"] == "NonZeroExitCode":
            return next(int(cause["message"]) for cause in status["details"]["causes"] if cause["reason"] == "ExitCode")
        refusal = ApiError(int(status.get("code", 0)), str(status["reason"]), str(status["message"]))
    except (ValueError, OverflowError, LookupError, TypeError, AttributeError, RecursionError, StopIteration):
        raise _cut_short("nothing says how it ended") from None
    raise refusal


def _cut_short(why: str) -> ApiError:
    return ApiError(0, "Unreachable", f"the connection ended before what was executed: {why}")
