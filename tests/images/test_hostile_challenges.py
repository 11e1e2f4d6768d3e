"""Registries, and servers of tokens, that ask who pulls and are never satisfied, or would have the password for themselves."""

import asyncio
import re
from collections.abc import Callable

import orjson
import pytest

from tests.images.answers import PIECE, endless, head, said
from tests.images.asking import ALICE, BASIC, BLOB, BY_DIGEST, BY_TAG, TOKEN, WELL, ask, looking, told, well
from tests.images.hostile import Answer, Asked, Hostile, Identity, Send, hostile
from webhook.images.credentials import Credential

CALLS = 12
"""More than any honest look-up needs."""


def guarded(challenge: str, key: str, inner: Answer) -> Answer:
    """Opens to whoever has the key, and tells all others how to get one."""

    async def answer(asked: Asked, send: Send) -> None:
        opens = asked.headers.get("authorization") == key
        await (inner if opens else said(401, WWW_Authenticate=challenge))(asked, send)

    return answer


def bearer(server: Hostile, realm: str = "") -> dict[str, Answer]:
    """A registry that wants a token, which /token of it grants."""
    challenge = f'Bearer realm="{realm or server.url + "/token"}",service="registry",scope="repository:team/app:pull"'
    inner = {path: guarded(challenge, f"Bearer {TOKEN}", answer) for path, answer in well().items()}
    return {**inner, "/token": said(200, orjson.dumps({"token": TOKEN}))}


def refusing(challenge: str) -> dict[str, Answer]:
    return dict.fromkeys((BY_TAG, BY_DIGEST, BLOB), said(401, WWW_Authenticate=challenge))


def test_honest_ones_are_satisfied(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = bearer(server)
            assert list((await ask(lookup, server, [ALICE])).values()) == WELL
            assert server.calls("/token")[0].headers["authorization"] == BASIC
        async with hostile(identity) as server, looking(server) as lookup:
            server.answers = {path: guarded("Basic", BASIC, answer) for path, answer in well().items()}
            assert list((await ask(lookup, server, [ALICE])).values()) == WELL

    asyncio.run(story())


@pytest.mark.parametrize("credentials", [[], [ALICE], [ALICE] * 2], ids=["stranger", "alice", "twice"])
@pytest.mark.parametrize("challenge", ["Basic", "Bearer", "Negotiate", "Basic, " * 600, ""], ids=lambda text: text[:10] or "none")
def test_who_is_never_let_in_is_told_so_and_soon(identity: Identity, challenge: str, credentials: list[Credential]) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            said = await told(server, refusing(challenge), credentials)
            assert re.search("credentials|who pulls|a name and a password", said), said
            assert len(server.asked) < CALLS

    asyncio.run(story())


def test_a_token_that_opens_nothing_is_asked_for_a_few_times_at_most(identity: Identity) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            answers = bearer(server) | {"/token": said(200, b'{"token":"of.no.use"}')}
            assert "credentials" in await told(server, answers, [ALICE])
            assert len(server.asked) < CALLS

    asyncio.run(story())


NO_TOKENS: list[tuple[str, Answer]] = [
    ("garbage", said(200, b"<html>\x1b[31m")),
    ("a list", said(200, b"[]")),
    ("nothing", said(200)),
    ("no token", said(200, b'{"expires_in":300}')),
    ("empty", said(200, b'{"token":""}')),
    ("a number", said(200, b'{"token":7}')),
    ("a map", said(200, b'{"access_token":{"a":1}}')),
    ("lines", said(200, b'{"token":"a\\r\\nX-Evil: 1"}')),
    ("an end of text", said(200, b'{"token":"a\\u0000b"}')),
    ("no header's letters", said(200, '{"token":"\N{SNOWMAN}"}'.encode())),
    ("half a letter", said(200, b'{"token":"\\ud800"}')),
    ("nesting", said(200, b"[" * 1_000_000)),
    ("announced too large", said(200, b"", Content_Length=str(1 << 30))),
    ("too large", endless(head(), PIECE)),
    ("long", said(200, orjson.dumps({"token": "t" * 20_000}))),
    ("403", said(403)),
    ("500", said(500)),
    ("nowhere", said(404)),
    ("a redirect", said(307, Location="http://169.254.169.254/latest/")),
    ("a challenge", said(401, WWW_Authenticate='Bearer realm="https://localhost/token"')),
]


@pytest.mark.parametrize("answer", [pytest.param(answer, id=name) for name, answer in NO_TOKENS])
def test_what_is_no_token_is_told_as_such(identity: Identity, answer: Answer) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            said = await told(server, bearer(server) | {"/token": answer}, [ALICE])
            assert re.search("token|more than 1 MiB|is no HTTP|cannot be asked|169.254.169.254", said), said
            assert server.sent < 16 << 20
            assert not [
                one for one in server.asked if "x-evil" in one.headers or len(one.headers.get("authorization", "")) > 17_000
            ]
            assert len(server.asked) < CALLS

    asyncio.run(story())


REALMS: list[tuple[str, Callable[[Hostile], str], str]] = [
    ("in clear", lambda server: f"http://{server.host}/token", "no URL to send a password to"),
    ("of a file", lambda _: "file:///etc/passwd", "no URL to send a password to"),
    ("with somebody's name", lambda server: f"https://a:b@{server.host}/token", "no URL to send a password to"),
    ("without a host", lambda _: "https:///token", "no URL to send a password to"),
    ("that is no URL", lambda _: "https://[::1/", "no URL to send a password to"),
    ("with no port", lambda _: "https://localhost:99999999/", "no URL to send a password to"),
    ("at the metadata service", lambda _: "https://169.254.169.254/latest/", "169.254.169.254 is a cloud's metadata service"),
    ("behind a mapped address", lambda _: "https://[::ffff:169.254.169.254]/", "is a cloud's metadata service"),
    ("at a link-local address", lambda _: "https://[fe80::1]/", "link-local"),
    ("at another loopback address", lambda _: "https://127.0.0.2/", "this machine itself"),
    ("at a number", lambda _: "https://2130706433/token", "2130706433"),
    ("at a name nobody can ask for", lambda _: f"https://{'a' * 64}.example/", "a{64}"),
    ("in letters of no host", lambda _: "https://caf\xe9.invalid/", "caf|cannot be asked"),
    ("at a name with empty parts", lambda _: "https://a..example/", "a..example"),
]


@pytest.mark.parametrize(("realm", "why"), [pytest.param(*rest, id=name) for name, *rest in REALMS])
def test_no_password_goes_where_none_should(identity: Identity, realm: Callable[[Hostile], str], why: str) -> None:
    async def story() -> None:
        async with hostile(identity) as server:
            said = await told(server, bearer(server, realm(server)), [ALICE])
            assert re.search(why, said), said
            assert not [one for one in server.asked if "authorization" in one.headers]

    asyncio.run(story())
