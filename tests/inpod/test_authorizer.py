"""The authorizer as a process, before a real server with TLS."""

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.gateway.test_upstream import Server, answers, serving
from tests.running import Files
from webhook.inpod import contract, gateway
from webhook.inpod.gateway import NotAuthorized

TOKEN = "a.b.c"


@pytest.fixture
def files(tmp_path: Path) -> Files:
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    return Files(tmp_path)


Ran = tuple[int, str, str]
"""Exit code, what was said on stdout or else stderr, termination message."""


@pytest.fixture
def ask(files: Files, tmp_path: Path) -> Callable[..., Ran]:
    def ask(url: str, *options: str, authority: str | None = None) -> Ran:
        command = [sys.executable, "-I", "-m", "webhook.inpod.authorizer", "--gateway", f"{url}/authorize", *options]
        given = ["--application", "shop", "--grant", "orders", "--token", tmp_path / "token", "--message", tmp_path / "message"]
        environment = {**os.environ, "RICHPOD_AUTHORITY": files.authority if authority is None else authority}
        ran = subprocess.run([*command, *given], env=environment, capture_output=True, text=True, timeout=60, check=False)
        message = tmp_path / "message"
        return ran.returncode, ran.stdout + ran.stderr, message.read_text() if message.exists() else ""

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
    released = threading.Event()

    def waits(handler: BaseHTTPRequestHandler) -> None:
        released.wait(60)

    server: Server
    with serving(waits, files) as server:
        assert ask(server.url, "--wait", "-4")[:2] == (75, "richpod: no answer from the gateway within 1 s\n")
        released.set()


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
