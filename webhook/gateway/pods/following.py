"""A list, then each change of it, until the watch ends; then the same anew, which is the resync."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, NoReturn

from webhook.errors import ApiError

Json = dict[str, Any]
Listed = Callable[[], Awaitable[tuple[list[Json], str]]]
"""All objects, and the resourceVersion from which changes go on."""
Changes = Callable[[str], AsyncIterator[Json]]
"""From a resourceVersion on: events `{type, object}`, until the watch ends. Raises ApiError."""

PAUSE = 1.0
"""Seconds before what the API server did not answer is asked again."""


async def follow(
    listed: Listed, changes: Changes, whole: Callable[[list[Json]], None], changed: Callable[[Json, bool], None]
) -> NoReturn:
    """`whole`: hears of all there are; `changed`: of one, and whether it is still there."""
    while True:
        try:
            found, version = await listed()
            whole(found)
            async for event in changes(version):
                changed(event["object"], event["type"] != "DELETED")
        except ApiError:
            await asyncio.sleep(PAUSE)
