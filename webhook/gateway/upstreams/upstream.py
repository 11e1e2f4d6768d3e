"""The edge to upstreams: one call, whose answer says done, no, or nothing that can be relied on."""

import json
import ssl
from collections.abc import Callable, Mapping
from typing import Any

import aiohttp
from yarl import URL

from webhook import __version__
from webhook.errors import BadInput
from webhook.gateway.grants.grant import Call
from webhook.gateway.world import Answer
from webhook.policy import gateway as policy
from webhook.printable import cause, one_line

LARGEST = 64 * 1024
"""Bytes of an answer that are read."""
LATER = (408, 425, 429)
"""Statuses of clients' errors that say nothing against the entry."""

Headers = Callable[[str], Mapping[str, str]]
"""Credentials of an upstream, by its name, as they are now. Raises OSError, or BadInput, whose sentence shows nothing of them."""


def judged(call: policy.Call, status: int, body: bytes) -> Answer:
    """What an answer means; nothing of its body is told, for it may hold anything."""
    if status not in call.success:
        said = f"it answered {status}"
        return Answer(False if 400 <= status < 500 and status not in LATER else None, said)
    if call.answer and not _has(body, call.answer):
        return Answer(None, f"it answered {status}, and not what the policy says it must")
    return Answer(True, f"it answered {status}")


def _has(body: bytes, wanted: Mapping[str, Any]) -> bool:
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and all(name in said and said[name] == value for name, value in wanted.items())


class Upstreams:
    """To be used on one event loop, and closed."""

    def __init__(self, upstreams: Mapping[str, policy.Upstream], credentials: Headers) -> None:
        self._upstreams, self._credentials = upstreams, credentials
        self._sessions = {name: _session(upstream) for name, upstream in upstreams.items()}

    async def __call__(self, upstream: str, call: Call, revoke: bool) -> Answer:
        known = self._upstreams[upstream]
        if not _is_of(known, call.url):
            return Answer(None, "what is stored of it leads elsewhere than the policy says")
        try:
            headers = {**known.headers, **self._credentials(upstream)}
        except OSError as error:
            return Answer(None, f"its credentials cannot be read: {cause(error)}")
        except BadInput as error:
            return Answer(None, f"its credentials cannot be read: {error}")
        body = call.body.encode() or None
        if body is not None:
            headers = {"Content-Type": "application/json", **headers}
        try:
            asked = self._sessions[upstream].request(
                call.method, URL(call.url, encoded=True), headers=headers, data=body, allow_redirects=False
            )
            async with asked as response:
                return judged(known.revoke if revoke else known.grant, response.status, await _body(response))
        except TimeoutError:
            return Answer(None, f"no answer within {known.timeout} s")
        except aiohttp.ClientConnectorCertificateError as error:
            return Answer(None, f"it is not trusted: {one_line(str(error.certificate_error))}")
        except aiohttp.ClientConnectorError as error:
            return Answer(None, f"it cannot be reached: {cause(error.os_error)}")
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # Their messages may quote what was sent or answered.
            return Answer(None, f"what it answers is no HTTP, or breaks off ({type(error).__name__})")

    async def close(self) -> None:
        for session in self._sessions.values():
            await session.close()


def _is_of(upstream: policy.Upstream, url: str) -> bool:
    """Revokes are stored when they are granted. Credentials go nowhere but where the policy says, whoever edited a Grant."""
    try:
        origin = URL(url, encoded=True).origin()
    except ValueError:
        return False
    return origin in (URL(call.url.partition("$")[0]).origin() for call in (upstream.grant, upstream.revoke))


async def _body(response: aiohttp.ClientResponse) -> bytes:
    """As much as is wanted of it."""
    body = b""
    async for chunk in response.content.iter_any():
        body += chunk
        if len(body) > LARGEST:
            break
    return body[:LARGEST]


def _session(upstream: policy.Upstream) -> aiohttp.ClientSession:
    context = ssl.create_default_context(cadata=upstream.ca or None)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context, limit=upstream.in_flight),
        cookie_jar=aiohttp.DummyCookieJar(),
        headers={"User-Agent": f"richpod/{__version__}"},
        timeout=aiohttp.ClientTimeout(total=upstream.timeout),
    )
