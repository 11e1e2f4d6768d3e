"""Images for more machines than there are, each larger than the last."""

import asyncio
import tracemalloc

import orjson

from tests.images.answers import said
from tests.images.asking import BY_TAG, OCI, digest, looking, manifest, sentence
from tests.images.hostile import Answer, Identity, hostile
from webhook.images.document import LARGEST

INDEX = "application/vnd.oci.image.index.v1+json"
MOST = 160 << 20
"""Bytes that as many answers of the largest size take as there are connections, at both ends."""


def crowd(machines: int, size: int) -> dict[str, Answer]:
    """An image whose every configuration is different, and of this size."""
    answers, entries = {}, []
    for number in range(machines):
        configuration = orjson.dumps({"config": {"Entrypoint": [f"{number:04}" * (size // 4)]}})
        one = orjson.dumps({"schemaVersion": 2, "mediaType": OCI, "config": {"digest": digest(configuration)}})
        entries.append({"mediaType": OCI, "digest": digest(one), "platform": {"os": "linux", "architecture": f"a{number}"}})
        answers[f"/v2/team/app/manifests/{digest(one)}"] = manifest(one)
        answers[f"/v2/team/app/blobs/{digest(configuration)}"] = said(200, configuration)
    index = orjson.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries})
    answers |= {f"/v2/team/app/manifests/{digest(index)}": manifest(index, media_type=INDEX)}
    return answers | {BY_TAG: manifest(index, media_type=INDEX)}


def test_many_large_configurations_do_not_add_up(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = crowd(30, LARGEST - 1000)
            tracemalloc.start()
            try:
                assert "more than 128 KiB of words" in await sentence(lookup, server, seconds=20)
                assert tracemalloc.get_traced_memory()[1] < MOST
            finally:
                tracemalloc.stop()

    asyncio.run(story())


def test_what_was_read_in_vain_is_not_kept(identity: Identity) -> None:
    """Small words take ten times their size, and a traceback would hold them until the collector comes."""

    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            for number in range(20):
                configuration = orjson.dumps({"config": {"Cmd": [f"{number}", *["ab"] * 200_000]}})
                one = orjson.dumps({"schemaVersion": 2, "mediaType": OCI, "config": {"digest": digest(configuration)}})
                server.answers |= {f"/v2/team/app/manifests/{name}": manifest(one) for name in (number, digest(one))}
                server.answers[f"/v2/team/app/blobs/{digest(configuration)}"] = said(200, configuration)
            tracemalloc.start()
            try:
                for number in range(20):
                    assert "more than 128 KiB of words" in await sentence(lookup, server, wanted=f":{number}", seconds=60)
                assert tracemalloc.get_traced_memory()[1] < 40 << 20
            finally:
                tracemalloc.stop()

    asyncio.run(story())


def test_more_machines_than_there_are_are_not_all_asked_for(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = crowd(400, 10)
            assert "platforms" in await sentence(lookup, server)
            assert len(server.asked) < 10

    asyncio.run(story())
