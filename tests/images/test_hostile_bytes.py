"""Whatever bytes a registry sends: a sentence, or the end of the patience of whoever asked."""

import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.images.answers import on_head, raw, said
from tests.images.asking import ALICE, BLOB, BY_DIGEST, BY_TAG, OCI, SECRETS, TOKEN, ask, looking, manifest, well
from tests.images.hostile import Answer, Asked, Hostile, Send, hostile
from webhook.errors import BadImage
from webhook.images.lookup import Lookup

WORDS = st.sampled_from(
    [
        *("WWW-Authenticate", "Docker-Content-Digest", "Content-Type", "Location", "Retry-After", "Date", "Set-Cookie"),
        *("Content-Length", "Transfer-Encoding", "Content-Encoding", "Connection", "Upgrade", "Link", "Trailer", "Refresh"),
        *("Basic", "Bearer", 'Bearer realm="https://localhost/', "chunked", "gzip", "sha256:", "https://", "//", "/v2/", "close"),
        *(OCI, '{"schemaVersion":2,"mediaType":"', '","config":{"digest":"sha256:', '"}}', '{"token":"', "[" * 99, "0", "4"),
        *(
            ": ",
            "\r\n",
            "\r\n\r\n",
            "=",
            ",",
            '"',
            "\x00",
            "\x1b[31m",
            "\N{SNOWMAN}",
            "\x85",
            "%0d%0a",
            "@",
            "999999999999999999999",
        ),
    ]
)
TEXT = st.lists(WORDS | st.text(max_size=5), max_size=12).map(lambda words: "".join(words).encode("utf-8", "surrogatepass"))
LINE = TEXT.map(lambda text: text.replace(b"\r", b"").replace(b"\n", b""))
NAMED = st.tuples(WORDS.map(str.encode), LINE).map(lambda pair: pair[0] + b": " + pair[1] + b"\r\n")
STATUS = st.sampled_from([100, 101, 200, 201, 204, 206, 301, 302, 304, 307, 400, 401, 403, 404, 429, 500, 999]) | st.integers(
    0, 9999
)
SHAPED = st.tuples(STATUS, st.lists(NAMED, max_size=6), TEXT | st.binary(max_size=60)).map(
    lambda parts: b"HTTP/1.1 %d OK\r\n%s\r\n%s" % (parts[0], b"".join(parts[1]), parts[2])
)
ANSWERS = SHAPED | TEXT | st.binary(max_size=200)


def first_by_token(answer: Answer) -> Answer:
    """For whoever brings a token."""

    async def guarded(asked: Asked, send: Send) -> None:
        challenge = said(401, WWW_Authenticate=f'Bearer realm="http://{asked.headers["host"]}/token"')
        await (answer if "authorization" in asked.headers else challenge)(asked, send)

    return guarded


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as found:
        yield found


async def attacked(server: Hostile, lookup: Lookup, path: str, answer: bytes) -> None:
    token = said(200, f'{{"token":"{TOKEN}"}}'.encode())
    answers = well() | {"/token": token, path: raw(answer)}
    answers[BY_TAG] = first_by_token(on_head(answers[BY_TAG], manifest()))
    server.answers = answers
    (end,) = await asyncio.gather(ask(lookup, server, [ALICE], seconds=0.2), return_exceptions=True)
    assert not isinstance(end, BaseException) or isinstance(end, BadImage | TimeoutError), repr(end)
    assert str(end).isprintable()
    assert not [secret for secret in SECRETS if secret in str(end)]


@settings(max_examples=300)
@given(path=st.sampled_from([BY_TAG, BY_DIGEST, BLOB, "/token"]), answer=ANSWERS)
def test_bytes_of_any_kind_end_in_a_sentence_or_in_time(runner: asyncio.Runner, path: str, answer: bytes) -> None:
    async def story() -> None:
        async with hostile(None) as server, looking(server) as lookup:
            await attacked(server, lookup, path, answer)

    runner.run(story())
