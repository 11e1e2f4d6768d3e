"""Calls of a real HTTP server, well and ill, and what its answers are taken for."""

import asyncio
import json
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.running import Files
from webhook.errors import BadInput
from webhook.gateway.grants.grant import Call
from webhook.gateway.upstreams.upstream import LARGEST, Upstreams, judged
from webhook.gateway.world import Answer
from webhook.policy import gateway as policy

Json = dict[str, Any]


class Heard(NamedTuple):
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


class Server(NamedTuple):
    url: str
    heard: list[Heard]


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None], files: Files | None = None) -> Iterator[Server]:
    heard: list[Heard] = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None: ...

        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            heard.append(Heard(self.command, self.path, dict(self.headers), self.rfile.read(length)))
            answer(self)

        do_DELETE = do_PUT = do_POST

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        if files:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(files.certificate, files.key)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Server(f"{'https' if files else 'http'}://localhost:{server.server_address[1]}", heard)
        server.shutdown()
        thread.join()


def answers(status: int, body: bytes = b"", **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def asked(
    url: str, call: Call | None = None, credentials: Callable[[str], dict[str, str]] = lambda name: {}, **more: Any
) -> Answer:
    """What comes of one call, by default of a DELETE without a body."""
    calls = {"grant": {"url": f"{url}/$" + "{address}", **more.pop("grant", {})}, "revoke": {"url": url}}
    settings = {"acl": policy.Upstream.model_validate({**calls, "timeout": 60, **more})}

    async def one() -> Answer:
        upstreams = Upstreams(settings, credentials)
        try:
            return await upstreams("acl", call or Call("DELETE", f"{url}/10.0.0.7", ""), revoke=False)
        finally:
            await upstreams.close()

    return asyncio.run(one())


def test_it_hears_the_call_with_its_headers_and_credentials() -> None:
    with serving(answers(201)) as server:
        call = Call("PUT", f"{server.url}/a%2Fb/10.0.0.7?x=%26", '{"address": "10.0.0.7"}')
        secret = {"Authorization": "Bearer secret"}
        assert asked(server.url, call, lambda name: secret, headers={"X-Team": "shop"}) == Answer(True, "it answered 201")
    ((method, path, headers, body),) = server.heard
    assert (method, path, json.loads(body)) == ("PUT", "/a%2Fb/10.0.0.7?x=%26", {"address": "10.0.0.7"})
    assert (headers["Authorization"], headers["X-Team"]) == ("Bearer secret", "shop")
    assert headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "done"),
    [
        *((status, True) for status in (200, 201, 204)),
        *((status, False) for status in (400, 403, 404, 409)),
        *((status, None) for status in (202, 302, 408, 429, 500, 503)),
    ],
)
def test_what_a_status_means(status: int, done: bool | None) -> None:
    with serving(answers(status, Location="http://localhost:1/")) as server:
        assert asked(server.url) == Answer(done, f"it answered {status}")
        assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("body", "done"),
    [
        (b'{"result": "ok", "more": [1]}', True),
        (b'{"result": "no"}', None),
        (b'["ok"]', None),
        (b"<html>", None),
        (b"", None),
        (b"[" * 50_000, None),
        (b'{"result": "ok"}' + b" " * LARGEST, True),
        (b" " * (LARGEST + 1) + b'{"result": "ok"}', None),
    ],
)
def test_where_statuses_do_not_tell_all_the_answer_does(body: bytes, done: bool | None) -> None:
    with serving(answers(200, body)) as server:
        assert asked(server.url, grant={"answer": {"result": "ok"}}).done is done


def test_nothing_of_an_answer_is_told() -> None:
    call = policy.Call.model_validate({"url": "https://acl.example/${address}", "answer": {"a": 1}})
    for status in (200, 403, 500):
        assert "secret" not in judged(call, status, b'{"token": "secret"}').sentence


def test_one_that_is_slow_or_mute() -> None:
    released = threading.Event()
    with serving(lambda handler: released.wait(20) and None) as server:
        assert asked(server.url, timeout=1) == Answer(None, "no answer within 1 s")
        released.set()


def test_one_that_breaks_off() -> None:
    with serving(lambda handler: handler.connection.shutdown(socket.SHUT_RDWR)) as server:
        assert asked(server.url) == Answer(None, "what it answers is no HTTP, or breaks off (ServerDisconnectedError)")


def test_one_that_is_not_there() -> None:
    assert asked("http://localhost:1") == Answer(None, "it cannot be reached: Connection refused")


def test_tls_is_verified_by_the_authorities_of_the_policy(tmp_path: Path) -> None:
    files = Files(tmp_path)
    with serving(answers(200), files) as server:
        assert asked(server.url, ca=files.authority).done
        stranger = asked(server.url)
    assert (stranger.done, stranger.sentence.startswith("it is not trusted: ")) == (None, True)
    assert len(server.heard) == 1


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FileNotFoundError(2, "No such file or directory"), "No such file or directory"),
        (BadInput("X holds no header's value"), "X holds no header's value"),
    ],
)
def test_credentials_that_cannot_be_read_are_told_and_nobody_is_asked(error: Exception, said: str) -> None:
    def unread(name: str) -> dict[str, str]:
        raise error

    with serving(answers(200)) as server:
        assert asked(server.url, credentials=unread) == Answer(None, f"its credentials cannot be read: {said}")
        assert server.heard == []


def test_credentials_go_nowhere_but_where_the_policy_says() -> None:
    """Somebody who may write Grants would otherwise have them sent to him."""
    with serving(answers(200)) as named, serving(answers(200)) as other:
        said = asked(named.url, Call("DELETE", f"{other.url}/entries/10.0.0.7", ""), lambda name: {"Authorization": "secret"})
        assert said == Answer(None, "what is stored of it leads elsewhere than the policy says")
        assert not other.heard


@pytest.mark.parametrize("url", ["nonsense", "", "https://[::1", "https://acl.example:x/"])
def test_what_is_stored_and_is_no_url_leads_nowhere(url: str) -> None:
    said = asked("https://acl.example", Call("DELETE", url, ""))
    assert said == Answer(None, "what is stored of it leads elsewhere than the policy says")
