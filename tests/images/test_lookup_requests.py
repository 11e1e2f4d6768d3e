"""How often Debian's registry is asked: what is known is not asked again, and a thousand who want the same ask once."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.registry.counted import Counted
from tests.registry.images import digest, image, index
from tests.registry.push import push
from tests.registry.server import Registry, registry
from webhook.errors import BadImage
from webhook.images.program import Program

APP, NEW = image({"Cmd": ["app"]}), image({"Cmd": ["new"]})
RUNS_APP, RUNS_NEW = {"": Program((), ("app",))}, {"": Program((), ("new",))}
HEAD, READ = "HEAD manifests/1 200", [f"GET manifests/{APP.digest} 200", f"GET blobs/{digest(APP.blobs[0])} 200"]


@pytest.fixture(scope="module")
def public(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("public")) as running:
        yield running


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Registry]:
    with registry(tmp_path_factory.mktemp("private"), users=["tom", "tim"]) as running:
        yield running


@pytest.fixture
def app(public: Registry, request: pytest.FixtureRequest) -> Counted:
    name = f"team/{request.node.name.removeprefix('test_')}"
    push(public, name, APP, "1")
    return Counted(public, name)


def test_a_look_up_is_one_head_and_what_it_reads_by_digest(app: Counted) -> None:
    """Registries count a GET of a manifest as a pull, and no HEAD."""

    async def story() -> None:
        async with app.looking() as ask:
            assert await ask() == RUNS_APP
            assert app.asked == [HEAD, *READ]

    asyncio.run(story())


def test_within_a_minute_nothing_is_asked_again_and_then_only_what_the_tag_means(app: Counted) -> None:
    async def story() -> None:
        async with app.looking() as ask:
            await ask()
            app.clock.seconds += 59
            assert await ask() == RUNS_APP
            assert app.asked == [HEAD, *READ]
            app.clock.seconds += 1
            assert await ask() == RUNS_APP
            assert app.asked == [HEAD, *READ, HEAD]

    asyncio.run(story())


def test_a_tag_that_moved_is_seen_after_a_minute(app: Counted) -> None:
    async def story() -> None:
        async with app.looking() as ask:
            assert await ask() == RUNS_APP
            push(app.registry, app.name, NEW, "1")
            assert await ask() == RUNS_APP
            app.clock.seconds += 60
            assert await ask() == RUNS_NEW
            assert await ask(f"@{APP.digest}") == RUNS_APP

    asyncio.run(story())


def test_an_image_that_was_not_there_is_seen_ten_seconds_after_it_came(app: Counted) -> None:
    async def story() -> None:
        async with app.looking() as ask:
            for _ in range(100):
                with pytest.raises(BadImage, match=":2"):
                    await ask(":2")
            assert app.asked == ["HEAD manifests/2 404"]
            push(app.registry, app.name, NEW, "2")
            app.clock.seconds += 10
            assert await ask(":2") == RUNS_NEW

    asyncio.run(story())


def test_another_name_of_the_same_content_is_not_read_again(app: Counted) -> None:
    async def story() -> None:
        push(app.registry, app.name, APP, "2")
        async with app.looking() as ask:
            await ask()
            assert await ask(":2") == await ask(f"@{APP.digest}") == RUNS_APP
            assert app.asked == [HEAD, *READ, "HEAD manifests/2 200", f"HEAD manifests/{APP.digest} 200"]

    asyncio.run(story())


def test_platforms_that_run_the_same_configuration_are_read_once_each(app: Counted) -> None:
    several = index({"amd64": {"Cmd": ["a"]}, "arm64": {"Cmd": ["b"]}}, attested=True)
    push(app.registry, app.name, several, "many")
    expected = {f"GET manifests/{one.digest} 200" for one in (several, *several.images[:2])}
    expected |= {f"GET blobs/{digest(one.blobs[0])} 200" for one in several.images[:2]}

    async def story() -> None:
        async with app.looking() as ask:
            await asyncio.gather(*(ask(":many") for _ in range(100)))
            assert sorted(app.asked) == sorted(["HEAD manifests/many 200", *expected])

    asyncio.run(story())


def test_a_thousand_who_want_a_new_image_read_it_once(app: Counted) -> None:
    async def story() -> None:
        async with app.looking() as ask:
            assert await asyncio.gather(*(ask() for _ in range(1000))) == [RUNS_APP] * 1000
            assert app.asked == [HEAD, *READ]

    asyncio.run(story())


def test_a_password_is_sent_when_the_registry_asks_for_it_and_from_then_on(private: Registry) -> None:
    app = Counted(private, "team/app")
    push(private, app.name, APP, "1", "tom")

    async def story() -> None:
        async with app.looking() as ask:
            assert await asyncio.gather(*(ask(user="tom") for _ in range(1000))) == [RUNS_APP] * 1000
            assert app.asked == ["HEAD manifests/1 401", HEAD, *READ]
            # Another user is let in by the registry, and what the first one read is not read again.
            assert await ask(user="tim") == RUNS_APP
            assert app.asked[4:] == ["HEAD manifests/1 401", HEAD]

    asyncio.run(story())
