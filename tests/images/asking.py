"""An image that is well, a look-up of it within a deadline, and what holds for every sentence that a look-up ends with."""

import asyncio
import hashlib
import time
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from ipaddress import ip_network

import orjson
import pytest

from tests.images.answers import said
from tests.images.hostile import Answer, Hostile
from webhook.errors import BadImage
from webhook.images.credentials import Credential, Keyring
from webhook.images.lookup import Lookup
from webhook.images.program import Program, Programs
from webhook.images.reference import parse
from webhook.images.registry import Settings

DEADLINE = 2.0
"""Seconds; a tenth is enough where nobody waits."""
LOOPBACK = (ip_network("127.0.0.1/32"),)
ALICE = Credential("alice", "open-sesame-42")
TOKEN = "token.nobody.may.read"
SECRETS = (ALICE.password, b64encode(f"{ALICE.username}:{ALICE.password}".encode()).decode(), TOKEN)
BASIC = f"Basic {SECRETS[1]}"


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


OCI = "application/vnd.oci.image.manifest.v1+json"
CONFIGURATION = orjson.dumps({"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/app"]}})
MANIFEST = orjson.dumps({"schemaVersion": 2, "mediaType": OCI, "config": {"digest": digest(CONFIGURATION)}, "layers": []})
WELL = [Program(("/app",), ())]

BY_TAG, BY_DIGEST = "/v2/team/app/manifests/1", f"/v2/team/app/manifests/{digest(MANIFEST)}"
BLOB = f"/v2/team/app/blobs/{digest(CONFIGURATION)}"


def manifest(body: bytes = MANIFEST, named: str = "", media_type: str = OCI) -> Answer:
    return said(200, body, Content_Type=media_type, Docker_Content_Digest=named or digest(body))


def well() -> dict[str, Answer]:
    """Path to answer of a registry that does nothing wrong."""
    return {BY_TAG: manifest(), BY_DIGEST: manifest(), BLOB: said(200, CONFIGURATION)}


def settings(server: Hostile) -> Settings:
    return Settings(ca=server.identity.authority if server.identity else "", addresses=LOOPBACK, plain_http=not server.identity)


@asynccontextmanager
async def looking(
    server: Hostile, how: Settings | None = None, now: Callable[[], float] = time.monotonic
) -> AsyncIterator[Lookup]:
    """With a policy that lists this registry only."""
    lookup = Lookup({server.host: how or settings(server)}, now=now)
    try:
        yield lookup
    finally:
        await lookup.close()


async def ask(
    lookup: Lookup, server: Hostile, credentials: Sequence[Credential] = (), wanted: str = ":1", seconds: float = DEADLINE
) -> Programs:
    keyring = Keyring(tuple((server.host, "", one) for one in credentials))
    async with asyncio.timeout(seconds):
        return await lookup.programs(parse(f"{server.host}/team/app{wanted}"), [keyring], lambda _: True)


async def sentence(
    lookup: Lookup, server: Hostile, credentials: Sequence[Credential] = (), wanted: str = ":1", seconds: float = DEADLINE
) -> str:
    """What is told in place of programs, inside the deadline, to people who may read no secret."""
    with pytest.raises(BadImage) as told:
        await ask(lookup, server, credentials, wanted, seconds)
    text = str(told.value)
    assert text.isprintable()
    assert len(text) < 500
    assert not [secret for secret in SECRETS if secret in text]
    return text


async def told(server: Hostile, spoilt: dict[str, Answer], credentials: Sequence[Credential] = (), wanted: str = ":1") -> str:
    """The sentence where these answers are the only bad ones."""
    server.answers = {**well(), **spoilt}
    async with looking(server) as lookup:
        return await sentence(lookup, server, credentials, wanted)
