"""Where a registry may send whoever looks for an image, and what must not go there with the call."""

import asyncio
import re
from ipaddress import ip_network

import pytest

from tests.images.answers import said, to
from tests.images.asking import (
    BLOB,
    BY_DIGEST,
    BY_TAG,
    looking,
    sentence,
    settings,
    told,
    well,
)
from tests.images.hostile import Identity, hostile

SIGNED = "X-Amz-Signature=of-one-who-may"


def test_what_another_server_sends_is_what_was_asked_for_or_nothing(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as other:
            other.answers = {"/stored": said(200, b'{"config":{"Entrypoint":["/evil"]}}')}
            assert "is not sha256:" in await told(server, {BLOB: to(f"{other.url}/stored")})

    asyncio.run(story())


@pytest.mark.parametrize("path", [BY_TAG, BLOB], ids=["manifest", "blob"])
def test_a_circle_is_left(identity: Identity, path: str) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            assert "redirects more than 5 times" in await told(server, {path: to(path)})
            assert "redirects more than 5 times" in await told(server, {path: to("/round"), "/round": to(path)})
            assert len(server.asked) < 20

    asyncio.run(story())


NOWHERE = [
    ("http://169.254.169.254/latest/", "http:|in clear|169.254.169.254"),
    ("https://169.254.169.254/latest/", "169.254.169.254 is a cloud's metadata service"),
    ("https://[::ffff:169.254.169.254]/latest/", "is a cloud's metadata service"),
    ("https://[::ffff:a9fe:a9fe]/", "is a cloud's metadata service"),
    ("https://[64:ff9b::a9fe:a9fe]/", "is a cloud's metadata service"),
    ("https://[fe80::1%25lo]/", "link-local"),
    ("https://[::1%]/", ""),
    ("https://[::1%25lo]/", "this machine itself"),
    ("https://100.100.100.200/", "is a cloud's metadata service"),
    ("https://127.0.0.2/", "this machine itself"),
    ("https://0.0.0.0/", "no address of one machine"),
    ("https://2852039166/", "2852039166 is no address"),
    ("https://169.254.43518/", "169.254.43518 is no address"),
    ("https://0xa9fea9fe/", "metadata service|0xa9fea9fe"),
    ("https://0251.0376.0251.0376/", "0251.0376.0251.0376 is no address"),
    ("https://127.0.0.%32/", ""),
    ("//169.254.169.254/", "is a cloud's metadata service"),
    ("http://localhost/", "http:|in clear"),
    ("file:///etc/passwd", "file:"),
    ("ftp://localhost/", "ftp:"),
    ("javascript:alert(1)", "javascript:"),
    ("https://", ""),
    ("https://[", ""),
    ("https://localhost:99999999/", ""),
    (f"https://{'a' * 64}.example/", ""),
    ("https://a..example/", ""),
    ("https://name.invalid/", "name.invalid cannot be resolved"),
    ("https://localhost:1/", "localhost"),
    ("", "nowhere"),
    ("https://localhost:1/" + "x" * 7000, "localhost"),
    ("https://caf\xe9.invalid/", "which is not followed"),
    ("https://localhost:1/\x85\xa0caf\xe9", "which is not followed"),
    ("/a path HTTP/1.0", "which is not followed"),
]


@pytest.mark.parametrize(("url", "why"), NOWHERE, ids=lambda text: text[:40] or "empty")
@pytest.mark.parametrize("path", [BY_TAG, BLOB], ids=["manifest", "blob"])
def test_no_redirect_leads_to_where_no_registry_may_be(identity: Identity, path: str, url: str, why: str) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            said = await told(server, {path: to(url), BY_DIGEST: to(url)} if path == BY_TAG else {path: to(url)})
            assert re.search(why, said), said

    asyncio.run(story())


def test_no_redirect_leads_by_name_to_an_address_that_the_policy_does_not_name(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity, "127.0.0.2", "127.0.0.2") as server, hostile(identity) as inside:
            server.answers = well() | {BLOB: to(f"{inside.url}/stored")}
            how = settings(server)._replace(addresses=(ip_network("127.0.0.2/32"),))
            async with looking(server, how) as lookup:
                said = await sentence(lookup, server)
            assert "localhost: 127.0.0.1 is this machine itself" in said
            assert "addresses" in said
            assert not inside.asked

    asyncio.run(story())


def test_a_signature_is_not_told(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, hostile(identity) as storage:
            storage.answers = {"/stored": said(403)}
            assert SIGNED not in await told(server, {BLOB: to(f"{storage.url}/stored?{SIGNED}")})
            assert SIGNED not in await told(server, {BLOB: to(f"http://localhost/stored?{SIGNED}")})

    asyncio.run(story())
