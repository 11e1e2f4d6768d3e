"""A cluster for test processes: the running one, or one that the first of them starts and the last of them ends."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from . import lifecycle
from .access import Cluster
from .layout import Layout
from .pins import CACHE


@contextmanager
def alone(what: str, on: Layout | None = None) -> Iterator[None]:
    """Other processes that want to do `what` (there: on this cluster) wait until this one has done it."""
    with _file(f"{what}-{on.name}" if on else what) as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


@contextmanager
def shared(layout: Layout) -> Iterator[Cluster]:
    """The kubelet of a cluster that is started here restarts crashing containers after a second; one that runs already stays."""
    with _file(f"users-{layout.name}") as users:
        with alone("start"):
            fcntl.flock(users, fcntl.LOCK_SH)
            cluster = lifecycle.running(layout)
            if cluster is None:
                cluster = lifecycle.up(layout, restart_period="1s")
                temporary(layout).touch()
        try:
            yield cluster
        finally:
            with alone("start"):
                if temporary(layout).exists() and _nobody_else(users):
                    lifecycle.down(layout)


def temporary(layout: Layout) -> Path:
    """This file marks a cluster that its last user ends."""
    return layout.run / "temporary"


def _nobody_else(users: IO[str]) -> bool:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _file(name: str) -> IO[str]:
    CACHE.mkdir(parents=True, exist_ok=True)
    return (CACHE / f"{name}.lock").open("w")
