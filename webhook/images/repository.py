"""One repository of a registry, asked by one user, by the rules of the OCI distribution specification."""

import hashlib
from collections.abc import Callable
from typing import NamedTuple

from webhook.images.authorization import Authorization, authorization
from webhook.images.credentials import Credential
from webhook.images.exchange import Fetch, Response, ask
from webhook.images.failures import failure
from webhook.images.manifest import ACCEPTED, verify
from webhook.images.memory import Memory
from webhook.images.reference import DIGEST, api_host

_NO_HEAD = (405, 501)
"""What answers whoever knows GET only."""


class Source(NamedTuple):
    """Who asks for which repository, and where: what is learned is told to nobody else.

    `host` is the registry's own, or a mirror's; both as names of images have them.
    """

    registry: str
    host: str
    repository: str
    credential: Credential | None


class Repository:
    """Its methods raise BadImage, and Denied where other credentials may do."""

    def __init__(
        self, source: Source, fetch: Fetch, encrypted: bool, known: Memory[Source, Authorization], now: Callable[[], float]
    ) -> None:
        self._source, self._fetch, self._encrypted, self._known, self._now = source, fetch, encrypted, known, now
        self._root = f"{'https' if encrypted else 'http'}://{api_host(source.host)}/v2/{source.repository}"
        # As containerd tells a mirror of several registries whose repository is meant.
        self._meant = "" if source.host == source.registry else f"?ns={source.registry}"

    async def digest(self, wanted: str) -> str:
        """Of the manifest of a tag, or whether a digest is there. By HEAD, which no registry counts as a pull.

        The body is asked for where the answer does not name its digest, or HEAD is not known.
        """
        answer = await self._answer("HEAD", f"manifests/{wanted}", wanted, (200, *_NO_HEAD))
        said = wanted if DIGEST.fullmatch(wanted) else answer.headers.get("Docker-Content-Digest", "")
        if answer.status == 200 and DIGEST.fullmatch(said):
            return said
        answer = await self._answer("GET", f"manifests/{wanted}", wanted)
        return wanted if DIGEST.fullmatch(wanted) else f"sha256:{hashlib.sha256(answer.body).hexdigest()}"

    async def manifest(self, digest: str) -> tuple[str, bytes]:
        """Media type and content, which is what the digest says."""
        answer = await self._answer("GET", f"manifests/{digest}", digest)
        verify(answer.body, digest)
        return answer.headers.get("Content-Type", ""), answer.body

    async def blob(self, digest: str) -> bytes:
        """Content, which is what the digest says."""
        answer = await self._answer("GET", f"blobs/{digest}", digest)
        verify(answer.body, digest)
        return answer.body

    async def _answer(self, method: str, path: str, what: str, well: tuple[int, ...] = (200,)) -> Response:
        """Of a status that is `well`; by an authorization that is known, or by a new one where the registry itself wants that."""
        source, now = self._source, self._now()
        authorized = self._known.get(source, now)
        answer, ours = await self._ask(method, path, authorized)
        if answer.status == 401 and ours:
            header = answer.headers.get("WWW-Authenticate", "")
            authorized = await authorization(self._fetch, header, source.credential, source.repository, self._encrypted)
            if authorized is not None:
                answer, _ = await self._ask(method, path, authorized)
                if answer.status != 401:
                    self._known.put(source, authorized, len(authorized.header) + 800, now + authorized.seconds)
        if answer.status not in well:
            image = f"{source.repository}{'@' if DIGEST.fullmatch(what) else ':'}{what}"
            raise failure(answer.status, answer.headers, source.host, image, source.credential is not None)
        return answer

    async def _ask(self, method: str, path: str, authorized: Authorization | None) -> tuple[Response, bool]:
        headers = {"Accept": ", ".join(ACCEPTED)} if path.startswith("manifests/") else {}
        if authorized is not None:
            headers["Authorization"] = authorized.header
        return await ask(self._fetch, method, f"{self._root}/{path}{self._meant}", headers)
