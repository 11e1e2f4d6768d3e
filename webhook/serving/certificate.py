"""The certificate while a process serves with it: looked at every few seconds, what became of it logged and counted."""

import asyncio
from datetime import UTC, datetime
from typing import Protocol

from certs.follow import Follower
from webhook.log import Log

LOOK_SECONDS = 5.0
"""A volume of a Secret is a minute late already; requirement 61 allows 15 s."""


class Told(Protocol):
    """Called when the files hold something new; `expiry` is of the certificate in use."""

    def __call__(self, *, usable: bool, expiry: datetime | None) -> object: ...


async def follow(follower: Follower, usable: asyncio.Event, told: Told, log: Log) -> None:
    """Never returns. Sets `usable` with the first pair that serves; says the same thing once (requirement 62)."""
    said = None
    while True:
        problem = follower.look(datetime.now(UTC))
        if (problem, follower.certificate) != said:
            said = problem, follower.certificate
            told(usable=not problem, expiry=follower.expiry)
            log("certificate", usable=not problem, problem=problem or None, serves_until=follower.expiry)
        if follower.expiry:
            usable.set()
        await asyncio.sleep(LOOK_SECONDS)
