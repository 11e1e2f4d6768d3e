"""The header by which a registry knows who asks: a password, or a token that its token server gives for one."""

from base64 import b64encode
from typing import NamedTuple
from urllib.parse import urlencode, urlsplit

from webhook.errors import BadImage
from webhook.images import challenge
from webhook.images.challenge import Bearer
from webhook.images.credentials import Credential
from webhook.images.document import document
from webhook.images.exchange import Fetch, ask
from webhook.images.failures import failure

SECONDS = 60.0
"""For which a token is good where its server does not say (Docker's token specification)."""
LONGEST = 16 * 1024
"""Characters of a token: it goes into a header."""


class Authorization(NamedTuple):
    """A header's value, and the seconds for which it is good. Never printed."""

    header: str
    seconds: float

    def __repr__(self) -> str:
        return "Authorization(…)"


async def authorization(
    fetch: Fetch, header: str, credential: Credential | None, repository: str, encrypted: bool
) -> Authorization | None:
    """The answer to a header WWW-Authenticate of a registry that was called `encrypted` or not; None: only a password would do.

    Raises BadImage.
    """
    asked = challenge.read(header, encrypted)
    if isinstance(asked, Bearer):
        return await _token(fetch, asked, credential, repository)
    return Authorization(_basic(credential), SECONDS) if credential else None


async def _token(fetch: Fetch, asked: Bearer, credential: Credential | None, repository: str) -> Authorization:
    """A token server tells nobody from somebody by the same URL: who has no password may get one for what all may pull."""
    words = {"service": asked.service, "scope": asked.scope or f"repository:{repository}:pull"}
    url = f"{asked.realm}{'&' if '?' in asked.realm else '?'}{urlencode({k: v for k, v in words.items() if v})}"
    answer, _ = await ask(fetch, "GET", url, {"Authorization": _basic(credential)} if credential else {})
    if answer.status != 200:
        raise failure(
            answer.status, answer.headers, urlsplit(asked.realm).netloc, f"tokens for {repository}", credential is not None
        )
    said = document(answer.body, "what the registry's token server sends")
    token, seconds = said.get("token") or said.get("access_token"), said.get("expires_in")
    if not isinstance(token, str) or not token.isascii() or not token.isprintable() or len(token) > LONGEST:
        raise BadImage("the registry's token server sends no token")
    return Authorization(f"Bearer {token}", float(seconds) if isinstance(seconds, int) and 0 < seconds < 1e9 else SECONDS)


def _basic(credential: Credential) -> str:
    return f"Basic {b64encode(f'{credential.username}:{credential.password}'.encode()).decode()}"
