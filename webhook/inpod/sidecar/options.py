"""The sidecar's command line."""

import argparse
import os
from collections.abc import Callable
from typing import NoReturn

from webhook.inpod import contract
from webhook.inpod.check_url import Target, target
from webhook.inpod.sidecar.loop import Loop, Options
from webhook.inpod.sidecar.steps import Pace


def url(text: str) -> Target:
    try:
        return target(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def between(first: int, last: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and first <= int(text) <= last):
            raise argparse.ArgumentTypeError(f"write a number from {first} to {last}")
        return int(text)

    return number


def run() -> NoReturn:
    parser = argparse.ArgumentParser(prog="sidecar", allow_abbrev=False)
    parser.add_argument("--state", metavar="DIR", required=True, help="the container's folder below /.richpod-state")
    parser.add_argument(
        "--port", type=between(0, 65535), default=contract.SIDECAR_PORT, help="for readiness; 0: none (%(default)s)"
    )
    parser.add_argument(
        "--check", metavar="URL", type=url, help="asked on 127.0.0.1 before preonline (default: nothing is asked)"
    )
    parser.add_argument("--successes", type=between(1, 100), default=1, help="in a row (%(default)s)")
    parser.add_argument("--period-ms", type=between(10, 60_000), default=100, help="between two checks at first (%(default)s)")
    parser.add_argument("--timeout-ms", type=between(10, 60_000), default=2000, help="for a whole check (%(default)s)")
    parser.add_argument("--gateway", metavar="URL", help="where its pod was authorized, https (default: nowhere)")
    parser.add_argument("--token", metavar="FILE", default=contract.GATEWAY_TOKEN, help="for the gateway (%(default)s)")
    given = parser.parse_args()
    pace = Pace(given.successes if given.check else 0, given.period_ms / 1000)
    try:
        loop = Loop(Options(given.state, given.port, given.check, pace, given.timeout_ms / 1000))
    except OSError as error:
        parser.exit(1, f"readiness cannot be told on port {given.port}: {os.strerror(error.errno or 0)}\n")
    if given.gateway:
        from webhook.inpod.sidecar.authorization import begin

        begin(given.gateway, given.token, given.state)
    loop.run()
