"""One question to a registry, through its redirects: credentials never leave the place they are for."""

import re
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from webhook.errors import BadImage
from webhook.printable import one_line

REDIRECTS = 5
"""The most that one question follows."""
_REDIRECTED = (301, 302, 303, 307, 308)
_WRITTEN = re.compile("[!-~]+")
"""As an URL stands in the first line of a call: a space would end it there."""


class Response(NamedTuple):
    """`headers` by name in any case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Fetch = Callable[[str, str, Mapping[str, str]], Awaitable[Response]]
"""Method, URL and headers to the answer, a redirect among them. Raises BadImage."""


async def ask(fetch: Fetch, method: str, url: str, headers: Mapping[str, str]) -> tuple[Response, bool]:
    """The answer, and whether it is from where `url` leads; what another origin says is not to be trusted with a password.

    Raises BadImage.
    """
    first = _origin(url)
    for _ in range(REDIRECTS + 1):
        ours = _origin(url) == first
        answer = await fetch(method, url, headers if ours else _anonymous(headers))
        if answer.status not in _REDIRECTED:
            return answer, ours
        url = _further(url, answer.headers.get("Location", ""))
    raise BadImage(f"{first[1]} redirects more than {REDIRECTS} times")


def _further(url: str, location: str) -> str:
    """Never from TLS to none, never with a password in it."""
    try:
        found = urljoin(url, location)
        parts, came = urlsplit(found), urlsplit(url)
        _ = parts.port
    except ValueError:
        parts = None
    leads = parts and parts.hostname and "@" not in parts.netloc and parts.scheme in ("https", came.scheme)
    if not location or not leads or not _WRITTEN.fullmatch(found):
        # What follows the host may be a signature that opens a store.
        where = f"{parts.scheme}://{parts.hostname or ''}" if parts and location else "nowhere"
        raise BadImage(f"{urlsplit(url).netloc} redirects to {one_line(where)}, which is not followed")
    return found


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.lower()


def _anonymous(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name != "Authorization"}
