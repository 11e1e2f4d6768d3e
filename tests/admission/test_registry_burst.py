"""A rollout of an image that nobody has seen: a thousand reviews at once, one look-up in Debian's registry, no answer late."""

import asyncio
from base64 import b64decode
from pathlib import Path
from time import perf_counter

import aiohttp
import orjson
import pytest

from tests.registry.asking import LOOKUP
from tests.registry.images import digest, image
from tests.registry.push import push
from tests.registry.server import Registry, registry
from tests.reviews import pod, review
from tests.running import DEFAULT, Files, Running, process

APP = image({"Entrypoint": ["/bin/app"], "Cmd": ["--port", "80"]})
REVIEWS, CONNECTIONS = 1000, 100
TIMEOUT = 10
"""Seconds: what the API server waits where nothing else is said."""


def policy(registry: Registry) -> str:
    asked = {"ca": registry.authority, "addresses": ["127.0.0.0/8"]}
    return orjson.dumps({"images": {"registries": {registry.host: asked}}}).decode()


async def burst(server: Running, body: bytes) -> list[tuple[float, bytes]]:
    """Seconds and answer of each."""
    connector = aiohttp.TCPConnector(limit=CONNECTIONS, ssl=server.trust)
    free = asyncio.Semaphore(CONNECTIONS)
    async with aiohttp.ClientSession(f"https://localhost:{server.port}", connector=connector) as session:

        async def one() -> tuple[float, bytes]:
            async with free:
                start = perf_counter()
                async with session.post(f"{DEFAULT}?timeout={TIMEOUT}s", data=body) as answer:
                    return perf_counter() - start, await answer.read()

        return await asyncio.gather(*(one() for _ in range(REVIEWS)))


def test_a_thousand_reviews_of_a_new_image_cause_one_look_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with registry(tmp_path / "registry") as running:
        push(running, "team/app", APP, "1")
        asked = pod({"containers": [{"name": "app", "image": f"{running.host}/team/app:1"}]})
        with process(Files(tmp_path), policy(running)) as (server, _):
            answers = asyncio.run(burst(server, orjson.dumps(review(asked))))
        patches = [orjson.loads(b64decode(orjson.loads(answer)["response"]["patch"])) for _, answer in answers]
        commands = [one["value"] for patch in patches for one in patch if one["path"] == "/spec/containers/0/command"]
        assert [command[-3:] for command in commands] == [["/bin/app", "--port", "80"]] * REVIEWS
        assert running.asked(by=LOOKUP) == [
            "HEAD /v2/team/app/manifests/1 200",
            f"GET /v2/team/app/manifests/{APP.digest} 200",
            f"GET /v2/team/app/blobs/{digest(APP.blobs[0])} 200",
        ]
    seconds = sorted(second for second, _ in answers)
    with capsys.disabled():
        print(f"\n{REVIEWS} reviews of a new image: p50 {seconds[500] * 1000:.0f} ms, p99 {seconds[990] * 1000:.0f} ms")
    assert seconds[-1] < TIMEOUT
