"""Names that lead to where no registry is, or lead elsewhere a moment later."""

import asyncio
from collections.abc import Coroutine
from ipaddress import ip_network
from typing import Any

import pytest

from tests.images.answers import said
from tests.images.asking import BLOB, CONFIGURATION, looking, sentence, settings, well
from tests.images.hostile import Identity, Loop, hostile
from webhook.errors import BadImage
from webhook.images.registry import NAMES, Client, Settings

NAME = "registry.example"
LINK_LOCAL = "169.254.10.1"


def run(story: Coroutine[Any, Any, None], *answers: list[str]) -> None:
    """Where `NAME` is resolved to these, one list after the other."""
    with asyncio.Runner(loop_factory=lambda: Loop(registry_example=list(answers))) as runner:
        runner.run(story)


def test_a_name_that_leads_nowhere_is_told(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity, NAME) as server, looking(server) as lookup:
            assert f"the name {NAME} cannot be resolved" in await sentence(lookup, server)

    run(story(), [])


@pytest.mark.parametrize(
    ("address", "why"),
    [
        (LINK_LOCAL, "is link-local"),
        ("169.254.169.254", "is a cloud's metadata service"),
        ("::ffff:169.254.169.254", "is a cloud's metadata service"),
        ("fe80::1", "is link-local"),
        ("127.0.0.2", "is this machine itself"),
    ],
)
def test_a_name_that_leads_to_where_no_registry_is_is_told_and_what_helps(identity: Identity, address: str, why: str) -> None:
    async def story() -> None:
        async with hostile(identity, NAME) as server, looking(server) as lookup:
            said = await sentence(lookup, server)
            assert f"{NAME}: {address.replace('169.254.169.254', 'a9fe:a9fe') if ':' in address else address} {why}" in said
            assert "images.registries" in said
            assert "addresses" in said

    run(story(), [address])


def test_one_bad_address_among_good_ones_is_not_called(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity, NAME, "127.0.0.2") as inside, looking(inside) as lookup:
            inside.answers = well()
            assert "127.0.0.2 is this machine itself" in await sentence(lookup, inside)
            assert not inside.asked

    run(story(), ["127.0.0.1", "127.0.0.2"])


class Stuck(asyncio.SelectorEventLoop):
    """Names whose owner never answers."""

    asked = 0

    async def getaddrinfo(self, host, port, **options):  # type: ignore[no-untyped-def]
        self.asked += 1
        await asyncio.Event().wait()


def test_names_that_nobody_answers_for_leave_other_registries_the_threads_that_resolve() -> None:
    async def story() -> None:
        client = Client(Settings())

        async def ask(number: int) -> None:
            async with asyncio.timeout(0.01):
                await client.fetch("GET", f"https://x{number}.example/", {})

        ends = [await asyncio.gather(ask(number), return_exceptions=True) for number in range(NAMES + 1)]
        assert [type(end) for (end,) in ends] == [TimeoutError] * NAMES + [BadImage]
        assert asyncio.get_running_loop().asked == 1  # type: ignore[attr-defined]
        await client.close()

    with asyncio.Runner(loop_factory=Stuck) as runner:
        runner.run(story())


def test_the_address_that_is_judged_is_the_one_that_is_called(identity: Identity) -> None:
    """Whoever owns a name may have it lead elsewhere a moment later."""

    async def story() -> None:
        async with hostile(identity, NAME, "127.0.0.2") as inside, looking(inside) as lookup:
            inside.answers = well()
            assert NAME in await sentence(lookup, inside)
            assert not inside.asked

    run(story(), ["127.0.0.1"], ["127.0.0.2"])


def test_a_redirect_to_a_name_is_judged_by_where_it_leads(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity, "127.0.0.2", "127.0.0.2") as server, hostile(identity, NAME) as inside:
            server.answers = well() | {BLOB: said(307, Location=f"{inside.url}/stored")}
            inside.answers = {"/stored": said(200, CONFIGURATION)}
            how = settings(server)._replace(addresses=(ip_network("127.0.0.2/32"),))
            async with looking(server, how) as lookup:
                assert f"{NAME}: 127.0.0.1 is this machine itself" in await sentence(lookup, server)
            assert not inside.asked

    run(story(), ["127.0.0.1"])
