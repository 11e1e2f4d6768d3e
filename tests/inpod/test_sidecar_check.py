"""The sidecar's check of applications that are well, ill, slow, mute, or no web servers."""

import socket
import threading
from functools import partial

import pytest

from tests.inpod.applications import Talk, answers, app, closes, drips, hangs, request, slow, then_well, writes
from tests.inpod.sidecars import Launcher, sidecar, until
from webhook.inpod.check_url import Target, target

SOON = ("--timeout-ms", "150")
NEVER = ("--timeout-ms", "60000")
"""However busy the machine is."""


def resets(connection: socket.socket, count: int) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def bulky(connection: socket.socket, count: int) -> None:
    request(connection)
    connection.sendall(b"HTTP/1.0 200\r\n\r\n" + b"x" * 10_000_000)


@pytest.mark.parametrize("talk", [slow, bulky, answers(200), answers(399), partial(writes, b"HTTP/1.0 200 \xff\n")])
def test_what_counts_as_an_answer(launcher: Launcher, talk: Talk) -> None:
    launcher.start()
    with app(talk) as program, sidecar(launcher.folder, "--check", program.url(), *NEVER):
        launcher.take()
        assert len(program.connections) == 1


@pytest.mark.parametrize(
    ("talk", "wrong"),
    [
        (closes, "it ended the connection without an answer"),
        (resets, "Connection reset by peer"),
        (answers(500), "it answered 500"),
        (answers(404), "it answered 404"),
        (answers(199), "it answered 199"),
        (partial(writes, b"220 mail.example ESMTP\r\n"), "its answer is not HTTP"),
        (partial(writes, b"HTTP/1.1 2000\r\n"), "its answer is not HTTP"),
        (partial(writes, b"\0" * 100_000), "its answer is not HTTP"),
    ],
)
def test_what_does_not_and_that_it_may_become_well(launcher: Launcher, talk: Talk, wrong: str) -> None:
    launcher.start()
    with app(then_well(talk)) as program, sidecar(launcher.folder, "--check", program.url(), *NEVER) as running:
        running.says(f"generation 1: port {program.port} does not answer as it should: {wrong}")
        launcher.take()
        assert len(program.connections) == 2


@pytest.mark.parametrize("talk", [hangs, drips])
def test_what_takes_too_long_and_that_it_may_become_well(launcher: Launcher, talk: Talk) -> None:
    launcher.start()
    with app(then_well(talk)) as program, sidecar(launcher.folder, "--check", program.url(), *SOON) as running:
        running.says(f"generation 1: port {program.port} does not answer as it should: no answer in time")
        launcher.take()


def test_a_program_that_hangs_does_not_hold_readiness_up(launcher: Launcher) -> None:
    launcher.start()
    with app(hangs) as program, sidecar(launcher.folder, "--check", program.url(), *NEVER) as running:
        until(lambda: bool(program.connections))
        assert running.get() == (503, "generation 1: not checked yet")


def test_the_answer_of_a_program_that_is_gone_does_not_count_for_the_next(launcher: Launcher) -> None:
    go = threading.Event()

    def talk(connection: socket.socket, count: int) -> None:
        request(connection)
        go.wait()
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n" if count == 0 else b"HTTP/1.1 500 No\r\n\r\n")

    launcher.start()
    with app(talk) as program, sidecar(launcher.folder, "--check", program.url(), *NEVER) as running:
        until(lambda: len(program.connections) == 1)
        launcher.start()
        until(lambda: len(program.connections) == 2)
        go.set()
        running.says("generation 2: port")
        assert not launcher.requested()


def test_it_says_the_urls_host_and_path_to_the_program_alone(launcher: Launcher) -> None:
    seen: list[bytes] = []

    def talk(connection: socket.socket, count: int) -> None:
        seen.append(request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

    launcher.start()
    with app(talk) as program:
        url = f"http://shop.example:{program.port}/healthz?token=secret#top"
        with sidecar(launcher.folder, "--check", url) as running:
            launcher.take()
    assert seen[0].split(b"\r\n")[:2] == [b"GET /healthz?token=secret HTTP/1.1", b"Host: shop.example:%d" % program.port]
    assert not [line for line in running.said if "secret" in line]


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://a", Target(False, "a", 80, "/")),
        ("https://a.b-c/d?e=f", Target(True, "a.b-c", 443, "/d?e=f")),
        ("http://[::1]:8080/#x", Target(False, "[::1]", 8080, "/")),
    ],
)
def test_urls(url: str, expected: Target) -> None:
    assert target(url) == expected


@pytest.mark.parametrize("url", ["http://a/\r\nX: y", "http://a/é", "http://u:p@a/", "http://a?b", "http://a/" + "x" * 2000])
def test_urls_it_refuses(url: str) -> None:
    with pytest.raises(ValueError, match="write a URL"):
        target(url)
