"""Programs in pods that say from where they run, by a connection that lasts exactly as long as they do.

Meanwhile a list is asked every LOOK seconds whether it lets their address in.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from time import sleep, time

from .layout import OWN

LOOK = 0.05
SECONDS = 60
# The first process of a container, which has no handler for TERM: it runs until it is killed.
_PROGRAM = """
import socket, sys
door = socket.create_connection((sys.argv[1], int(sys.argv[2])))
door.sendall(door.getsockname()[0].encode() + b"\\n")
door.recv(1)
"""


@dataclass
class Life:
    """Of one program. `missing`: times at which its address was not let in although it ran before and after the look."""

    address: str
    looks: int = 0
    missing: list[float] = field(default_factory=list)
    ended: float | None = None
    """Seconds since 1970."""


@dataclass
class Witness:
    port: int
    lives: list[Life] = field(default_factory=list)

    @property
    def command(self) -> tuple[str, ...]:
        """For richpod's own image."""
        return ("/opt/richpod/bin/python3", "-I", "-c", _PROGRAM, OWN.host, str(self.port))


@contextmanager
def witness(entries: Callable[[], set[str]]) -> Iterator[Witness]:
    with socket.create_server((OWN.host, 0)) as door:
        seen = Witness(door.getsockname()[1])
        threading.Thread(target=_admit, args=(door, seen, entries), daemon=True).start()
        yield seen


def _admit(door: socket.socket, seen: Witness, entries: Callable[[], set[str]]) -> None:
    # The door is closed at the end.
    with suppress(OSError):
        while True:
            guest, _ = door.accept()
            threading.Thread(target=_follow, args=(guest, seen, entries), daemon=True).start()


def _follow(guest: socket.socket, seen: Witness, entries: Callable[[], set[str]]) -> None:
    with guest:
        life = Life(guest.makefile().readline().strip())
        seen.lives.append(life)
        guest.setblocking(False)
        while life.ended is None:
            let_in = life.address in entries()
            if _gone(guest):
                life.ended = time()
            else:
                life.looks += 1
                life.missing += [] if let_in else [time()]
                sleep(LOOK)


def _gone(guest: socket.socket) -> bool:
    try:
        return not guest.recv(1)
    except BlockingIOError:
        return False
    except OSError:
        return True
