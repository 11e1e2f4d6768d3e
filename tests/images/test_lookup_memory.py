"""What look-ups keep takes the room it is said to take, whatever registries send."""

import asyncio
import tracemalloc

import orjson
import pytest

from tests.images.answers import said
from tests.images.asking import ALICE, OCI, digest, looking, manifest, settings
from tests.images.hostile import Answer, Asked, Hostile, Identity, Send, hostile
from webhook.images.authorization import Authorization
from webhook.images.failures import Denied
from webhook.images.lookup import ROOM, Lookup
from webhook.images.memory import Memory
from webhook.images.reference import parse
from webhook.images.registry import Client
from webhook.images.repository import Repository, Source


def large(number: int) -> tuple[dict[str, Answer], str]:
    """An image of as many words as may be, each character of which takes four bytes; and its name behind the registry's."""
    configuration = orjson.dumps({"config": {"Cmd": ["\N{GRINNING FACE}" * 120_000, f"{number}"]}})
    body = orjson.dumps({"schemaVersion": 2, "mediaType": OCI, "config": {"digest": digest(configuration)}})
    answers = {
        f"/v2/app/manifests/{digest(body)}": manifest(body),
        f"/v2/app/blobs/{digest(configuration)}": said(200, configuration),
    }
    return answers, f"app@{digest(body)}"


async def look_up(lookup: Lookup, server: Hostile, name: str) -> None:
    await lookup.programs(parse(f"{server.host}/{name}"), (), lambda _: True)


def test_images_of_large_words_make_room_for_each_other(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers, name = large(0)
            await look_up(lookup, server, name)
            tracemalloc.start()
            try:
                for number in range(1, 25):
                    server.answers, name = large(number)
                    await look_up(lookup, server, name)
                del server.answers
                assert tracemalloc.get_traced_memory()[0] < 6 * ROOM
            finally:
                tracemalloc.stop()

    asyncio.run(story())


async def short(asked: Asked, send: Send) -> None:
    """Lets in whoever knows a password."""
    known = "authorization" in asked.headers
    await (said(404) if known else said(401, WWW_Authenticate="Basic"))(asked, send)


def test_what_lets_somebody_in_is_counted_with_all_that_names_it(identity: Identity) -> None:
    """The header alone is the smallest part of it."""

    async def story() -> None:
        known: Memory[Source, Authorization] = Memory(ROOM)
        async with hostile(identity) as server:
            server.answers = {"/v2/app/manifests/1": short}
            client = Client(settings(server))
            source = Source(server.host, server.host, "app", ALICE)
            with pytest.raises(Denied):
                await Repository(source, client.fetch, True, known, lambda: 0.0).digest("1")
            assert known.held > 800
            await client.close()

    asyncio.run(story())
