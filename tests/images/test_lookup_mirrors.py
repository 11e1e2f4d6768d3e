"""Where an image is looked for, and whom a look-up trusts, with Debian's registry as registry and as pull-through mirror."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.registry.asking import LOOKUP, LOOPBACK, Clock, everywhere, found, listed, looking, secret, told
from tests.registry.images import image
from tests.registry.push import push
from tests.registry.server import Registry, authority, registry
from webhook.images.lookup import Lookup
from webhook.images.program import Program
from webhook.images.reference import parse
from webhook.images.registry import Settings

APP = {"": Program((), ("app",))}


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[Registry]:
    with registry(tmp_path / "origin") as running:
        push(running, "team/app", image({"Cmd": ["app"]}), "1")
        yield running


def test_a_mirror_is_asked_in_place_of_the_registry(origin: Registry, tmp_path: Path) -> None:
    with registry(tmp_path / "mirror", mirror_of=origin) as mirror:
        assert found(listed(origin, mirror), f"{origin.host}/team/app:1") == APP
        assert mirror.asked(f"HEAD /v2/team/app/manifests/1?ns={origin.host} 200", LOOKUP)
        assert not origin.asked(by=LOOKUP)


def test_a_mirror_says_what_a_tag_means_while_the_registry_is_down(tmp_path: Path) -> None:
    clock = Clock()

    async def story(origin: Registry, mirror: Registry, end: Callable[[], object]) -> None:
        image = parse(f"{origin.host}/team/app:1")
        async with looking(listed(origin, mirror), clock) as lookup:
            assert await lookup.programs(image, [], everywhere) == APP
            end()
            clock.seconds += 60
            assert await lookup.programs(image, [], everywhere) == APP

    with ExitStack() as ends:
        origin = ends.enter_context(registry(tmp_path / "origin"))
        push(origin, "team/app", image({"Cmd": ["app"]}), "1")
        with registry(tmp_path / "mirror", mirror_of=origin) as mirror:
            asyncio.run(story(origin, mirror, ends.close))
            once = f"HEAD /v2/team/app/manifests/1?ns={origin.host} 200"
            assert mirror.asked("HEAD /v2/team/app/manifests/1", LOOKUP) == [once] * 2


def test_where_a_mirror_is_down_the_registry_is_asked(origin: Registry, tmp_path: Path) -> None:
    with registry(tmp_path / "mirror", mirror_of=origin) as down:
        pass
    assert found(listed(origin, down), f"{origin.host}/team/app:1") == APP


def test_where_a_mirror_has_not_got_it_the_next_and_the_registry_are_asked(origin: Registry, tmp_path: Path) -> None:
    with registry(tmp_path / "first") as first, registry(tmp_path / "second") as second:
        policy = listed(origin, first, second)
        assert found(policy, f"{origin.host}/team/app:1") == APP
        assert first.asked() == second.asked() == [f"HEAD /v2/team/app/manifests/1?ns={origin.host} 404"]
        push(second, "team/app", image({"Cmd": ["second"]}), "1")
        assert found(policy, f"{origin.host}/team/app:1") == {"": Program((), ("second",))}


def test_a_mirror_never_gets_the_password_of_its_registry(tmp_path: Path) -> None:
    """Both know the same user by the same password: only what is refused shows that it was not sent."""
    with registry(tmp_path / "origin", users=["tom"]) as origin, registry(tmp_path / "mirror", users=["tom"]) as mirror:
        for one in (origin, mirror):
            push(one, "team/app", image({"Cmd": ["origin" if one is origin else "mirror"]}), "1", "tom")
        name = f"{origin.host}/team/app:1"
        assert found(listed(origin, mirror), name, [secret(origin, "tom")]) == {"": Program((), ("origin",))}
        assert {line.split()[-1] for line in mirror.asked(by=LOOKUP)} == {"401"}
        both = [secret(origin, "tom"), secret(mirror, "tom")]
        assert found(listed(origin, mirror), name, both) == {"": Program((), ("mirror",))}


def test_a_certificate_of_an_authority_that_the_policy_does_not_name_is_not_trusted(origin: Registry) -> None:
    sentence = told({origin.host: Settings(addresses=LOOPBACK)}, f"{origin.host}/team/app:1")
    assert "127.0.0.1 is not trusted" in sentence
    assert "images.registries.HOST.ca" in sentence
    assert not origin.asked(by=LOOKUP)


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_this_machine_is_asked_only_where_the_policy_names_its_addresses(origin: Registry, name: str) -> None:
    host = origin.host.replace("127.0.0.1", name)
    sentence = told({host: Settings(ca=origin.authority)}, f"{host}/team/app:1")
    assert "this machine itself" in sentence
    assert "images.registries.HOST.addresses" in sentence
    assert not origin.asked(by=LOOKUP)
    assert found({host: Settings(ca=origin.authority, addresses=LOOPBACK)}, f"{host}/team/app:1") == APP


def test_tls_is_left_out_only_where_the_policy_says_so(tmp_path: Path) -> None:
    with registry(tmp_path, plain_http=True) as plain:
        push(plain, "team/app", image({"Cmd": ["app"]}), "1")
        assert found(listed(plain), f"{plain.host}/team/app:1") == APP
        assert "speaks no TLS" in told({plain.host: Settings(addresses=LOOPBACK)}, f"{plain.host}/team/app:1")


def test_a_registry_that_the_policy_does_not_list_is_never_asked(origin: Registry) -> None:
    assert f"does not list {origin.host}" in told({"registry.example": Settings()}, f"{origin.host}/team/app:1")
    assert not origin.asked(by=LOOKUP)


def test_others_are_asked_where_whoever_runs_the_look_up_says_how(origin: Registry) -> None:
    async def story() -> None:
        lookup = Lookup({}, Settings(ca=origin.authority, addresses=LOOPBACK))
        assert await lookup.programs(parse(f"{origin.host}/team/app:1"), [], everywhere) == APP
        await lookup.close()

    asyncio.run(story())


def test_a_registry_that_was_restarted_is_asked_again(tmp_path: Path) -> None:
    """Its connections were kept, and are dead."""
    clock, signer = Clock(), authority()

    async def story() -> None:
        with registry(tmp_path, signer=signer) as running:
            push(running, "team/app", image({"Cmd": ["app"]}), "1")
        async with looking(listed(running), clock) as lookup:
            for _ in range(3):
                with registry(tmp_path, signer=signer, port=int(running.host.rpartition(":")[2])):
                    name = parse(f"{running.host}/team/app:1")
                    assert await asyncio.gather(*(lookup.programs(name, [], everywhere) for _ in range(10))) == [APP] * 10
                clock.seconds += 60

    asyncio.run(story())
