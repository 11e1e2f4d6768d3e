"""The authorizer as a process, before a real server with TLS."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.gateway.upstreams.test_upstream import answers, serving
from tests.inpod.gateways import TOKEN, mute
from tests.inpod.sidecars import SECONDS, until
from tests.running import Files
from webhook.inpod import contract, gateway
from webhook.inpod.gateway import NotAuthorized


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return Files(tmp_path)


Ran = tuple[int, str, str]
"""Exit code, what was said, termination message."""


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(files: Files, tmp_path: Path) -> Start:
    def start(url: str, *options: str, authority: str | None = None) -> "subprocess.Popen[str]":
        command = [sys.executable, "-I", "-m", "webhook.inpod.authorizer", "--gateway", f"{url}/authorize", *options]
        given = ["--application", "shop", "--grant", "orders", "--token", tmp_path / "token", "--message", tmp_path / "message"]
        environment = {**os.environ, "RICHPOD_AUTHORITY": files.authority if authority is None else authority}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        return subprocess.Popen([*command, *given], env=environment, text=True, **pipes)

    return start


@pytest.fixture
def ask(start: Start, tmp_path: Path) -> Callable[..., Ran]:
    """Of one that has no time to ask again, where nothing else is said."""

    def ask(url: str, *options: str, authority: str | None = None) -> Ran:
        with start(url, "--wait=0", *options, authority=authority) as process:
            said, _ = process.communicate(timeout=60)
        message = tmp_path / "message"
        return process.returncode, said, message.read_text() if message.exists() else ""

    return ask


def test_it_asks_once_with_its_token(ask: Callable[..., Ran], files: Files) -> None:
    with serving(answers(200, b'{"granted": ["orders", "stock"]}'), files) as server:
        assert ask(server.url) == (0, "granted: orders, stock\n", "")
    ((method, path, headers, body),) = server.heard
    assert (method, path, headers["Authorization"], body) == ("POST", "/authorize", f"Bearer {TOKEN}", b"")


@pytest.mark.parametrize(
    ("status", "body", "code", "said"),
    [
        (403, b'{"sentence": "shop may not ask for orders"}', 77, "not authorized: shop may not ask for orders"),
        (401, b'{"sentence": "the token is not valid"}', 77, "not authorized: the token is not valid"),
        (403, b"<html>", 77, "not authorized: the gateway answered 403"),
        (429, b'{"sentence": "3 calls"}', 75, "not authorized yet: 3 calls (again after 7 s)"),
        (503, b"", 75, "not authorized yet: the gateway answered 503 (again after 7 s)"),
        (200, b'{"granted": null}', 75, "not authorized yet: the gateway answered 200 (again after 7 s)"),
        (200, b"[]", 75, "not authorized yet: the gateway answered 200 (again after 7 s)"),
        (403, b'{"sentence": "a\\nb\\u001b[1m"}', 77, "not authorized: a\ufffdb\ufffd[1m"),
    ],
)
def test_the_reason_is_in_the_termination_message(
    ask: Callable[..., Ran], files: Files, status: int, body: bytes, code: int, said: str
) -> None:
    with serving(answers(status, body, **{"Retry-After": "7"}), files) as server:
        assert ask(server.url) == (code, f"richpod: {said}\n", f"richpod: {said}")


def test_a_gateway_of_a_foreign_authority_hears_no_token(ask: Callable[..., Ran], files: Files, tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    with serving(answers(200), Files(tmp_path / "foreign")) as server:
        code, said, message = ask(server.url)
    assert (code, said.startswith("richpod: the gateway is not trusted: "), message) == (75, True, said.rstrip())
    assert server.heard == []


@pytest.mark.parametrize("authority", ["", "no PEM"])
def test_without_an_authority_nobody_is_trusted(ask: Callable[..., Ran], files: Files, authority: str) -> None:
    with serving(answers(200), files) as server:
        said = "richpod: RICHPOD_AUTHORITY names no authority that the gateway could be of"
        assert ask(server.url, authority=authority) == (75, f"{said}\n", said)
    assert server.heard == []


def test_a_gateway_that_is_not_there_or_mute(ask: Callable[..., Ran], files: Files) -> None:
    assert ask("https://localhost:1")[:2] == (75, "richpod: the gateway cannot be reached: Connection refused\n")
    with mute(files) as server:
        assert ask(server.url, "--wait", "-4")[:2] == (75, "richpod: no answer from the gateway within 1 s\n")


def breaks_off(handler: BaseHTTPRequestHandler) -> None:
    handler.close_connection = True


@pytest.mark.parametrize(
    ("first", "said"),
    [
        (answers(503, b'{"sentence": "another replica leads"}'), "not authorized yet: another replica leads"),
        (answers(429, b'{"sentence": "3 calls"}', **{"Retry-After": "1"}), "not authorized yet: 3 calls (again after 1 s)"),
        (breaks_off, "the gateway cannot be reached: Remote end closed connection without response"),
    ],
)
def test_whom_nobody_can_tell_asks_again(
    ask: Callable[..., Ran], files: Files, first: Callable[[BaseHTTPRequestHandler], None], said: str
) -> None:
    """A pod that never starts again would be lost by what a moment later is over."""
    later = iter((first, answers(200, b'{"granted": ["orders"]}')))
    with serving(lambda handler: next(later)(handler), files) as server:
        assert ask(server.url, "--wait=5") == (0, f"richpod: {said}\ngranted: orders\n", "")
    assert len(server.heard) == 2


def test_told_to_end_it_waits_for_nobody(start: Start, files: Files) -> None:
    """The first process of a container is not ended by a signal that it leaves alone."""
    with mute(files) as server, start(server.url) as process:
        until(lambda: bool(server.heard))
        process.send_signal(signal.SIGTERM)
        assert process.wait(SECONDS) == 75


def test_whoever_does_not_say_a_word_is_not_waited_for_as_long_as_an_answer(
    files: Files, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As at an address that has lost its leader."""
    monkeypatch.setattr(gateway, "REACHED_SECONDS", 1)
    monkeypatch.setenv(contract.AUTHORITY_VARIABLE, files.authority)
    with socket.create_server(("127.0.0.1", 0)) as mute, pytest.raises(NotAuthorized, match="within 1 s"):
        gateway.authorize(f"https://127.0.0.1:{mute.getsockname()[1]}/authorize", str(tmp_path / "token"), 600)


def test_without_a_token(ask: Callable[..., Ran], tmp_path: Path, files: Files) -> None:
    (tmp_path / "token").unlink()
    code, said, _ = ask("https://localhost:1")
    assert (code, said) == (75, f"richpod: the gateway cannot be asked: {tmp_path}/token: No such file or directory\n")


@pytest.mark.parametrize("token", [b"", b"\n", b"a.b\nc.d", b"a.b\xff"])
def test_what_is_no_token_is_neither_sent_nor_shown(ask: Callable[..., Ran], files: Files, tmp_path: Path, token: bytes) -> None:
    (tmp_path / "token").write_bytes(token)
    with serving(answers(200), files) as server:
        said = f"richpod: the gateway cannot be asked: {tmp_path}/token holds no token"
        assert ask(server.url) == (75, f"{said}\n", said)
    assert server.heard == []
