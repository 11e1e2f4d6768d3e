"""What a private image runs is told to whoever the registry lets in, and to nobody by way of what another one was told."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.registry.asking import LOOKUP, Clock, everywhere, listed, looking, secret
from tests.registry.private import RUNS, WAYS, Private, by_password
from tests.registry.server import PASSWORD
from webhook.images.credentials import Keyring
from webhook.images.failures import Denied
from webhook.images.lookup import Lookup
from webhook.images.program import Programs
from webhook.images.reference import parse


@pytest.fixture(params=WAYS)
def private(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Private]:
    with WAYS[request.param](tmp_path) as running:
        yield running


def test_nobody_learns_what_is_kept_for_another(private: Private) -> None:
    async def story() -> None:
        async with looking(listed(private.registry)) as lookup:
            strangers = [[], [secret(private.registry, "tim")], [secret(private.registry, "tom", "wrong")]]
            for name in private.names:
                assert await lookup.programs(parse(name), private.toms, everywhere) == RUNS
                for secrets in strangers:
                    with pytest.raises(Denied):
                        await lookup.programs(parse(name), secrets, everywhere)
                assert await lookup.programs(parse(name), private.toms, everywhere) == RUNS

    asyncio.run(story())


def test_nobody_learns_what_is_being_found_out_for_another(private: Private) -> None:
    """Strangers come all the time while it is: each with credentials of his own, so that none is answered out of what is kept."""

    async def story() -> None:
        toms: list[asyncio.Task[Programs]] = []
        strangers: list[asyncio.Task[Programs]] = []
        async with looking(listed(private.registry)) as lookup:
            for name in private.names:
                toms += [start(lookup, name, private.toms) for _ in range(100)]
                while not all(tom.done() for tom in toms):
                    number = len(strangers)
                    stranger = ("tom", f"wrong {number}") if number % 2 else (f"tim{number}", PASSWORD)
                    strangers.append(start(lookup, name, [secret(private.registry, *stranger)]))
                    await asyncio.sleep(0.001 if number < 50 else 0.05)
            assert await asyncio.gather(*toms) == [RUNS] * 200
            refused = await asyncio.gather(*strangers, return_exceptions=True)
        assert len(refused) > 5
        assert {type(one) for one in refused} == {Denied}
        assert len(private.registry.asked("GET /v2/team/app/manifests/", LOOKUP)) == 1

    asyncio.run(story())


def start(lookup: Lookup, name: str, secrets: list[Keyring]) -> asyncio.Task[Programs]:
    return asyncio.create_task(lookup.programs(parse(name), secrets, everywhere))


def test_who_loses_access_learns_nothing_after_a_minute(tmp_path: Path) -> None:
    clock = Clock()

    async def story(private: Private) -> None:
        async with looking(listed(private.registry), clock) as lookup:
            for name in private.names:
                assert await lookup.programs(parse(name), private.toms, everywhere) == RUNS
            # The registry reads it again when it changes.
            (tmp_path / "htpasswd").write_text("")
            clock.seconds += 60
            for name in private.names:
                with pytest.raises(Denied):
                    await lookup.programs(parse(name), private.toms, everywhere)

    with by_password(tmp_path) as private:
        asyncio.run(story(private))
