"""The sidecar's check over TLS."""

import socket
from pathlib import Path

import pytest

from tests.inpod.applications import Talk, answers, app, closes, drips, hangs, over_tls, then_well
from tests.inpod.sidecars import Launcher, sidecar

SOON = ("--timeout-ms", "300")


def plain(connection: socket.socket, count: int) -> None:
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
    connection.recv(4096)


def test_https_is_spoken_and_the_certificate_not_verified(launcher: Launcher, tmp_path: Path) -> None:
    launcher.start()
    with app(over_tls(answers(200), tmp_path)) as program, sidecar(launcher.folder, "--check", program.url("https")):
        launcher.take()


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
def test_what_is_ill_behind_tls(launcher: Launcher, tmp_path: Path, talk: Talk) -> None:
    launcher.start()
    ill = over_tls(then_well(talk), tmp_path)
    with app(ill) as program, sidecar(launcher.folder, "--check", program.url("https"), *SOON) as running:
        running.says("does not answer as it should")
        launcher.take()
