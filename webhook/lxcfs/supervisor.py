"""One lxcfs after another, each laid over the one before: what heals running pods, new agents and rebooted nodes alike."""

from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Literal, NamedTuple

from webhook.log import Log, failure
from webhook.lxcfs.folder import FILES, lay_over, layers
from webhook.lxcfs.metrics import Metrics
from webhook.lxcfs.process import Life, first_readable, life
from webhook.lxcfs.pulse import Pulse
from webhook.lxcfs.reading import answer

LOOK_EVERY = 2
"""Seconds between two looks at the files; the end of lxcfs is seen at once."""
ANSWER_WITHIN = 3
"""Seconds for all files; who needs longer hangs. With LOOK_EVERY and a start that is healed within 10."""
START_WITHIN = 10
STEADY = 60
"""Seconds after which an end is no longer counted together with the one before."""
PAUSE_MOST = 30
"""Seconds between two starts at most: each adds mounts to every pod, so an lxcfs that cannot live must not be started often."""

Reason = Literal["ended", "silent", "failed", "told"]


class Node(NamedTuple):
    """`folder`: what pods mount; `scratch`: a folder no pod sees; `stop`: a descriptor, readable once the agent is to end."""

    folder: Path
    scratch: Path
    stop: int


def supervise(node: Node, pulse: Pulse, metrics: Metrics, log: Log) -> None:
    """Returns when it is told to stop."""
    short = 0
    while True:
        begun = monotonic()
        reason = _one(node, lambda: _seen(pulse, metrics, up=True), log, metrics)
        _seen(pulse, metrics, up=False)
        if reason == "told":
            return
        metrics.restarts.labels(reason).inc()
        short = 0 if monotonic() - begun >= STEADY else short
        log("healing", reason=reason, pause_seconds=pause(short))
        if first_readable([node.stop], pause(short)) is not None:
            return
        short += 1


def pause(short: int) -> int:
    """Seconds before the next start, after so many short lives in a row."""
    return min((1 << short) - 1, PAUSE_MOST)


def _seen(pulse: Pulse, metrics: Metrics, up: bool) -> None:
    pulse.beat(up)
    metrics.up.set(up)


def _one(node: Node, up: Callable[[], None], log: Log, metrics: Metrics) -> Reason:
    """One life of lxcfs; why it is over."""
    try:
        with life(node.scratch, log) as current:
            if reason := _starts(current, node.stop):
                return reason
            lay_over(current.served, node.folder)
            metrics.layers.set(layers(node.folder))
            log("laid-over", folder=str(node.folder), layers=layers(node.folder))
            return _serves(current, node, up)
    except OSError as error:
        log("failed", error=error.strerror, file=str(error.filename), **failure(error))
        return "failed"


def _starts(current: Life, stop: int) -> Reason | None:
    """None as soon as it serves every file."""
    begun = monotonic()
    while not _answers(current.served):
        if reason := _over(current, stop, 0.05):
            return reason
        if monotonic() - begun > START_WITHIN:
            return "silent"
    return None


def _serves(current: Life, node: Node, up: Callable[[], None]) -> Reason:
    """Looks at what pods mount, which may be another agent's lxcfs by now."""
    while _answers(node.folder):
        up()
        if reason := _over(current, node.stop, LOOK_EVERY):
            return reason
    return "silent"


def _answers(root: Path) -> bool:
    return answer((root / name for name in FILES), ANSWER_WITHIN)


def _over(current: Life, stop: int, seconds: float) -> Reason | None:
    match first_readable([stop, current.ended], seconds):
        case None:
            return None
        case number:
            return "told" if number == stop else "ended"
