"""What the sidecar says to the gateway: when it starts, that its pod asks again; when it ends, that nobody needs the grants.

Loaded only where there is a gateway: HTTP and TLS take 8 MiB. Readiness has nothing to do with it.
"""

import os
import signal
import sys
import threading
import time
from contextlib import suppress

from webhook.inpod.gateway import NotAuthorized, Refused, authorize, release
from webhook.inpod.sidecar import state
from webhook.inpod.sidecar.loop import say

ANSWER_SECONDS = 125.0
"""As long as the authorizer waits by default."""
LONGEST_PAUSE = 60.0
"""Seconds between a question without an answer and the next, at most."""
LAST_WORD_SECONDS = 2.0
"""Beyond these the end of the container waits for no gateway, nor for the name of one."""


def begin(url: str, token: str, folder: str) -> None:
    """Asks in a thread of its own, and minds TERM from now on. `folder` is the state's."""
    threading.Thread(target=_ask, args=(url, token), daemon=True).start()
    # Last: it starts a thread itself, and would wait for ever inside the start of another.
    signal.signal(signal.SIGTERM, lambda *_: _end(url, token, folder))


def _ask(url: str, token: str) -> None:
    """Until there is an answer. It costs the company's services nothing while the grants are held."""
    # Or the loop, which waits in another thread, would not notice.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    pause, said = 1.0, ""
    while True:
        try:
            say(f"granted: {authorize(url, token, ANSWER_SECONDS)}")
            return
        except NotAuthorized as error:
            if str(error) != said:
                said = str(error)
                _complain(said)
            if isinstance(error, Refused):
                return
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)


def _complain(sentence: str) -> None:
    with suppress(OSError):
        print(sentence, file=sys.stderr, flush=True)


def _end(url: str, token: str, folder: str) -> None:
    """The gateway finds out by itself that a pod has gone, only later."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        if state.look(folder).ended:
            last = threading.Thread(target=_release, args=(url, token), daemon=True)
            last.start()
            last.join(LAST_WORD_SECONDS)
    finally:
        os._exit(0)


def _release(url: str, token: str) -> None:
    with suppress(NotAuthorized):
        release(url, token, LAST_WORD_SECONDS)
