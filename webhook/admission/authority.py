"""The authorities that the gateway's certificate may be of, while pods are given them: looked at every few seconds."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from certs.bundle import bundle
from webhook.log import Log
from webhook.serving.certificate import LOOK_SECONDS

SOON = 0.2
"""Seconds between two looks while nothing is known: pods are refused, or go on without what they ask for."""


async def follow(file: Path, trust: Callable[[str], None], log: Log) -> None:
    """Never returns. Tells `trust` each PEM text that differs; says the same thing once. The last good one stays."""
    known, said = "", None
    while True:
        pem, problem = read(file, datetime.now(UTC))
        if pem and pem != known:
            known = pem
            trust(pem)
        if (pem, problem) != said:
            said = pem, problem
            log("authority", usable=bool(pem), problem=problem or None)
        await asyncio.sleep(LOOK_SECONDS if known else SOON)


def read(file: Path, now: datetime) -> tuple[str, str]:
    """The certificates in it that have not ended, and nothing else that it may hold; or "" and why there are none."""
    try:
        pem = bundle([file.read_bytes()], now).decode("ascii")
    except OSError as error:
        return "", f"{error.filename}: {error.strerror}"
    return pem, "" if pem else f"{file}: holds no certificate that is valid"
