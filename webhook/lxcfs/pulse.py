"""What the agent's loop says to probes."""

from dataclasses import dataclass
from time import monotonic

STUCK_AFTER = 90
"""Seconds without a turn of the agent's loop, whose longest is PAUSE_MOST and a start."""


@dataclass
class Pulse:
    """`up`: every file that pods mount answers; `turned`: when the agent's loop last said so, by the monotonic clock."""

    up: bool = False
    turned: float = 0

    def beat(self, up: bool) -> None:
        self.up, self.turned = up, monotonic()

    def alive(self) -> bool:
        return monotonic() - self.turned < STUCK_AFTER
