"""The authorizer of a rich pod: one question to the gateway before anything else starts, and why not, where people look.

Started as ``python3 -I -m webhook.inpod.authorizer``. What the pod asks for stands in its arguments for the gateway, which reads
them from the pod and takes nobody's word. Who is refused ends, and the kubelet starts it again, less and less often.
"""

import argparse
import http.client
import json
import os
import ssl
import sys
from contextlib import closing, suppress
from urllib.parse import urlsplit

from webhook.inpod import contract

NO_ANSWER, REFUSED = 75, 77
"""EX_TEMPFAIL and EX_NOPERM of sysexits.h: to be tried again, or to be told to a person."""
LARGEST = 65536
SPARE = 5
"""Seconds that an answer may come later than the gateway's own patience."""


class NotAuthorized(Exception):
    def __init__(self, code: int, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


def authorize(url: str, authority: str, token: str, seconds: float) -> str:
    """What was granted, in a line. Raises NotAuthorized. `authority`: PEM of those that the gateway's certificate may be of."""
    if not authority:
        # Or well-known authorities would do.
        raise NotAuthorized(NO_ANSWER, f"{contract.AUTHORITY_VARIABLE} names no authority that the gateway could be of")
    parts = urlsplit(url)
    context = ssl.create_default_context(cadata=authority)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=seconds, context=context)
    try:
        with closing(connection):
            connection.request("POST", parts.path, headers={"Authorization": f"Bearer {token}"})
            response = connection.getresponse()
            return _judged(response.status, response.headers.get("Retry-After", ""), response.read(LARGEST))
    except ssl.SSLCertVerificationError as error:
        raise NotAuthorized(NO_ANSWER, f"the gateway is not trusted: {error.verify_message}") from None
    except TimeoutError:
        raise NotAuthorized(NO_ANSWER, f"no answer from the gateway within {seconds:.0f} s") from None
    except OSError as error:
        raise NotAuthorized(NO_ANSWER, f"the gateway cannot be reached: {error.strerror or error}") from None
    except http.client.HTTPException as error:
        raise NotAuthorized(NO_ANSWER, f"what the gateway answers is no HTTP, or breaks off ({type(error).__name__})") from None


def _judged(status: int, after: str, body: bytes) -> str:
    try:
        said = json.loads(body)
        sentence = str(said.get("sentence", ""))
    except (ValueError, AttributeError, RecursionError):
        said, sentence = {}, ""
    if status == 200 and isinstance(said.get("granted"), list):
        return ", ".join(map(str, said["granted"]))
    sentence = sentence or f"the gateway answered {status}"
    if status in (401, 403):
        raise NotAuthorized(REFUSED, f"not authorized: {sentence}")
    again = f" (again after {after} s)" if after.isascii() and after.isdigit() else ""
    raise NotAuthorized(NO_ANSWER, f"not authorized yet: {sentence}{again}")


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
        with open(given.token, encoding="ascii") as file:
            token = file.read().strip()
        granted = authorize(given.gateway, os.environ.get(contract.AUTHORITY_VARIABLE, ""), token, given.wait + SPARE)
    except NotAuthorized as error:
        return _told(str(error), error.code, given.message)
    except (OSError, ValueError) as error:
        return _told(f"cannot ask the gateway: {error}", NO_ANSWER, given.message)
    print(f"granted: {granted}", flush=True)
    return 0


def _told(sentence: str, code: int, message: str) -> int:
    line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in f"richpod: {sentence}"[:2000])
    print(line, file=sys.stderr, flush=True)
    with suppress(OSError), open(message, "w", encoding="utf-8") as file:
        file.write(line)
    return code


if __name__ == "__main__":
    sys.exit(main())
