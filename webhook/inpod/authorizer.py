"""The authorizer of a rich pod: it asks the gateway before anything else starts, and says why not, where people look.

Started as ``python3 -I -m webhook.inpod.authorizer``. What the pod asks for stands in its arguments for the gateway, which reads
them from the pod and takes nobody's word. Who is refused ends, and the kubelet starts it again, less and less often.
"""

import argparse
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress

from webhook.inpod import contract
from webhook.inpod.gateway import NotAuthorized, NotYet, Refused, authorize

NO_ANSWER, REFUSED = 75, 77
"""EX_TEMPFAIL and EX_NOPERM of sysexits.h: to be tried again, or to be told to a person."""
SPARE = 5
"""Seconds that an answer may come later than the gateway's own patience."""
LONGEST_PAUSE = 8.0
"""Seconds between two questions, where the gateway does not say how long."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="authorizer", allow_abbrev=False)
    parser.add_argument("--gateway", metavar="URL", required=True, help="where to ask, https")
    parser.add_argument("--wait", metavar="SECONDS", type=int, default=120, help="of the gateway's (%(default)s)")
    parser.add_argument(contract.APPLICATION_OPTION, metavar="NAME", required=True, help="read by the gateway, from the pod")
    parser.add_argument(contract.GRANT_OPTION, metavar="NAME", action="append", required=True, help="read by the gateway")
    parser.add_argument("--token", metavar="FILE", default=contract.GATEWAY_TOKEN, help="%(default)s")
    parser.add_argument("--message", metavar="FILE", default="/dev/termination-log", help="%(default)s")
    given = parser.parse_args()
    # The first process of a container is ended by no signal that it does not handle.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(NO_ANSWER))
    try:
        granted = persist(lambda left: authorize(given.gateway, given.token, left), given.wait, time.monotonic, time.sleep)
    except NotAuthorized as error:
        _complain(error)
        with suppress(OSError), open(given.message, "w", encoding="utf-8") as file:
            file.write(_line(error))
        return REFUSED if isinstance(error, Refused) else NO_ANSWER
    print(f"granted: {granted}", flush=True)
    return 0


def persist(ask: Callable[[float], str], wait: float, now: Callable[[], float], sleep: Callable[[float], None]) -> str:
    """What `ask`, which is told how many seconds it may take, returns in the end: some pods have this one start and no other.

    No question begins later than `wait` seconds from now. Raises the NotAuthorized of the last.
    """
    end, pause = now() + wait, 1.0
    while True:
        try:
            return ask(end + SPARE - now())
        except NotYet as error:
            seconds = max(pause, error.after)
            if now() + seconds > end:
                raise
            _complain(error)
        sleep(seconds)
        pause = min(2 * pause, LONGEST_PAUSE)


def _complain(error: NotAuthorized) -> None:
    print(_line(error), file=sys.stderr, flush=True)


def _line(error: NotAuthorized) -> str:
    return f"richpod: {error}"


if __name__ == "__main__":
    sys.exit(main())
