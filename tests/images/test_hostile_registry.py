"""What a registry can answer that is no image, and what people are told then."""

import asyncio
import re

import orjson
import pytest

from tests.images.answers import on_head, said
from tests.images.asking import (
    BLOB,
    BY_DIGEST,
    BY_TAG,
    CONFIGURATION,
    MANIFEST,
    OCI,
    WELL,
    ask,
    digest,
    looking,
    manifest,
    told,
    well,
)
from tests.images.hostile import Answer, Identity, hostile

OTHER = orjson.dumps({"architecture": "amd64", "os": "linux", "config": {"Entrypoint": ["/evil"]}})
INDEX = "application/vnd.oci.image.index.v1+json"


def everywhere(answer: Answer) -> dict[str, Answer]:
    """Of whatever manifest is asked for."""
    return {BY_TAG: answer, BY_DIGEST: answer}


def around(body: bytes) -> dict[str, Answer]:
    """An image whose manifest is this, under its true digest."""
    return {BY_TAG: manifest(body), f"/v2/team/app/manifests/{digest(body)}": manifest(body)}


def configured(body: bytes) -> dict[str, Answer]:
    """An image whose configuration is this, under its true digest."""
    over = orjson.dumps({"schemaVersion": 2, "mediaType": OCI, "config": {"digest": digest(body)}})
    return around(over) | {f"/v2/team/app/blobs/{digest(body)}": said(200, body)}


def itself() -> dict[str, Answer]:
    """An index that leads to no manifest but to another index."""
    inner = orjson.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": []})
    entry = {"mediaType": OCI, "digest": digest(inner), "platform": {"os": "linux", "architecture": "amd64"}}
    outer = orjson.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]})
    answers = {f"/v2/team/app/manifests/{digest(body)}": manifest(body, media_type=INDEX) for body in (inner, outer)}
    return {BY_TAG: manifest(outer, media_type=INDEX), **answers}


FAULTS: list[tuple[str, dict[str, Answer], str]] = [
    ("no such image", everywhere(said(404)), "localhost:\\d+ has no team/app:1"),
    ("manifest gone", {BY_DIGEST: said(404)}, f"has no team/app@{digest(MANIFEST)}"),
    ("configuration gone", {BLOB: said(404)}, f"has no team/app@{digest(CONFIGURATION)}"),
    ("forbidden", everywhere(said(403)), "forbids team/app:1"),
    ("broken", everywhere(said(500)), "500"),
    ("teapot", everywhere(said(418)), "418"),
    ("no content", everywhere(said(204)), "204"),
    ("not modified", everywhere(said(304)), "304"),
    ("wrong manifest", {BY_DIGEST: manifest(OTHER)}, f"is not {digest(MANIFEST)}"),
    ("digest that lies", everywhere(manifest(named=digest(OTHER))), f"has no team/app@{digest(OTHER)}"),
    ("wrong configuration", {BLOB: said(200, OTHER)}, f"is not {digest(CONFIGURATION)}"),
    ("garbage", around(b"<html>"), "is no JSON"),
    ("list", around(b"[]"), "is no JSON object"),
    ("nothing", around(b""), "is no JSON"),
    ("nesting", around(b"[" * 1_000_000), "holds more than 50000 maps and lists"),
    ("nesting that is short", around(b"[" * 50_000), "is no JSON"),
    ("nested maps", around(b'{"a":' * 200_000), "holds more than 50000 maps and lists"),
    ("configuration is garbage", configured(b"\x7fELF"), "configuration is no JSON"),
    ("configuration is nested", configured(b"[" * 1_000_000), "configuration holds more than 50000 maps and lists"),
    ("configuration says nonsense", configured(b'{"config":{"Entrypoint":[1]}}'), "Entrypoint that is no list of words"),
    ("index of indexes", itself(), "index"),
    ("digest that is a path", around(MANIFEST.replace(b"sha256:", b"../../../")), "no digest"),
]


@pytest.mark.parametrize(("spoilt", "why"), [pytest.param(*rest, id=name) for name, *rest in FAULTS])
def test_what_is_no_image_is_told_as_what_it_is(identity: Identity, spoilt: dict[str, Answer], why: str) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            said = await told(server, spoilt)
            assert re.search(why, said), said

    asyncio.run(story())


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("says no digest", said(200, MANIFEST, Content_Type=OCI)),
        ("says garbage", manifest(named="md5:0")),
        ("is not known", said(405)),
        ("is not built", said(501)),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_where_head_says_no_digest_the_manifest_itself_tells_it(identity: Identity, name: str, first: Answer) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            server.answers = well() | {BY_TAG: on_head(first, manifest())}
            async with looking(server) as lookup:
                assert list((await ask(lookup, server)).values()) == WELL

    asyncio.run(story())


def test_no_digest_anywhere_is_computed(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            server.answers = well() | everywhere(said(200, MANIFEST, Content_Type=OCI))
            async with looking(server) as lookup:
                assert list((await ask(lookup, server)).values()) == WELL

    asyncio.run(story())


def test_a_pinned_image_is_what_its_digest_says_or_nothing(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            other = {BY_DIGEST: manifest(OTHER, named=digest(MANIFEST))}
            assert f"is not {digest(MANIFEST)}" in await told(server, other, wanted=f"@{digest(MANIFEST)}")

    asyncio.run(story())
