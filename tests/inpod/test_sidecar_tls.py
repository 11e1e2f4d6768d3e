"""The sidecar's check over TLS, and the memory it takes with TLS and without."""

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from certs.authority import new_authority
from tests.inpod.applications import Talk, answers, app, closes, drips, hangs, then_well
from tests.inpod.sidecars import Launcher, Sidecar, sidecar

SOON = ("--timeout-ms", "150")


def plain(connection: socket.socket, count: int) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(4096)


@pytest.fixture
def serving(tmp_path: Path) -> ssl.SSLContext:
    """With a certificate of another name, signed by itself and ended long ago: the kubelet's probes would accept it."""
    pair = new_authority("nobody", datetime.now(UTC) - timedelta(days=400), timedelta(days=1))
    (tmp_path / "pair.pem").write_bytes(pair.certificate + pair.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "pair.pem")
    return context


def over_tls(context: ssl.SSLContext, talk: Talk) -> Talk:
    def secured(connection: socket.socket, count: int) -> None:
        with context.wrap_socket(connection, server_side=True) as inner:
            talk(inner, count)

    return secured


@pytest.fixture
def secured(launcher: Launcher, serving: ssl.SSLContext) -> Iterator[Sidecar]:
    """Once it has spoken TLS, and the check succeeded."""
    talk = over_tls(serving, answers(500, 500, 500, 200))
    never = ("--timeout-ms", "60000")
    with app(talk) as program, sidecar(launcher.folder, "--check", program.url("https"), *never) as running:
        launcher.start()
        launcher.take()
        assert len(program.connections) == 4
        launcher.finish()
        running.says(": online")
        yield running


def test_https_is_spoken_and_the_certificate_not_verified(secured: Sidecar) -> None:
    assert secured.ready()


@pytest.mark.parametrize(
    ("talk", "wrong"),
    [(hangs, "no answer in time"), (drips, "no answer in time"), (plain, "[SSL"), (closes, "")],
    ids=["hangs", "drips", "plain", "closes"],
)
def test_what_is_no_tls(launcher: Launcher, talk: Talk, wrong: str) -> None:
    launcher.start()
    with app(talk) as program, sidecar(launcher.folder, "--check", program.url("https"), *SOON) as running:
        running.says(f"does not answer as it should: {wrong}")


@pytest.mark.parametrize("talk", [hangs, drips, closes])
def test_what_is_ill_behind_tls(launcher: Launcher, serving: ssl.SSLContext, talk: Talk) -> None:
    launcher.start()
    ill = then_well(talk)
    with app(over_tls(serving, ill)) as program, sidecar(launcher.folder, "--check", program.url("https"), *SOON) as running:
        running.says("does not answer as it should")
        launcher.take()


# --- memory ----------------------------------------------------------------------------------------------------------------


def test_memory_idle(launcher: Launcher) -> None:
    with app(answers(200)) as program, sidecar(launcher.folder, "--check", program.url()) as running:
        launcher.start()
        launcher.take()
        launcher.finish()
        running.says(": online")
        print(f"idle: {running.rss()} KiB")
        assert running.rss() <= 16 * 1024


def test_memory_once_it_has_spoken_tls(secured: Sidecar) -> None:
    print(f"after TLS: {secured.rss()} KiB")
    assert secured.rss() <= 23 * 1024
