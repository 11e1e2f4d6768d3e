"""The authorizer of a rich pod: one question to the gateway before anything else starts, and why not, where people look.

Started as ``python3 -I -m webhook.inpod.authorizer``. What the pod asks for stands in its arguments for the gateway, which reads
them from the pod and takes nobody's word. Who is refused ends, and the kubelet starts it again, less and less often.
"""

import argparse
import sys
from contextlib import suppress

from webhook.inpod import contract
from webhook.inpod.gateway import NotAuthorized, Refused, authorize

NO_ANSWER, REFUSED = 75, 77
"""EX_TEMPFAIL and EX_NOPERM of sysexits.h: to be tried again, or to be told to a person."""
SPARE = 5
"""Seconds that an answer may come later than the gateway's own patience."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="authorizer", allow_abbrev=False)
    parser.add_argument("--gateway", metavar="URL", required=True, help="where to ask, https")
    parser.add_argument("--wait", metavar="SECONDS", type=int, default=120, help="of the gateway's (%(default)s)")
    parser.add_argument(contract.APPLICATION_OPTION, metavar="NAME", required=True, help="read by the gateway, from the pod")
    parser.add_argument(contract.GRANT_OPTION, metavar="NAME", action="append", required=True, help="read by the gateway")
    parser.add_argument("--token", metavar="FILE", default=contract.GATEWAY_TOKEN, help="%(default)s")
    parser.add_argument("--message", metavar="FILE", default="/dev/termination-log", help="%(default)s")
    given = parser.parse_args()
    try:
        granted = authorize(given.gateway, given.token, given.wait + SPARE)
    except NotAuthorized as error:
        line = f"richpod: {error}"
        print(line, file=sys.stderr, flush=True)
        with suppress(OSError), open(given.message, "w", encoding="utf-8") as file:
            file.write(line)
        return REFUSED if isinstance(error, Refused) else NO_ANSWER
    print(f"granted: {granted}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
