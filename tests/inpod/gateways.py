"""What pods find where they look for the gateway: real servers with TLS."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tests.gateway.upstreams.test_upstream import Server, serving
from tests.running import Files

TOKEN = "a.b.c"


@contextmanager
def mute(files: Files) -> Iterator[Server]:
    """One that hears and says nothing."""
    released = threading.Event()
    with serving(lambda _: released.wait(60) and None, files) as server:
        try:
            yield server
        finally:
            released.set()
