"""The sidecar's readiness port: many clients, idle ones, and such as write anything."""

import http.client
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.inpod.sidecars import SECONDS, Launcher, Sidecar, connected, get, sidecar, until
from webhook.inpod.sidecar import readiness


@pytest.fixture
def online(launcher: Launcher) -> Iterator[Sidecar]:
    launcher.start()
    with sidecar(launcher.folder) as running:
        launcher.take()
        launcher.finish()
        until(running.ready)
        yield running


def all_of(connection: socket.socket) -> bytes:
    read = b""
    while more := connection.recv(4096):
        read += more
    return read


def test_the_answer_is_whole(online: Sidecar) -> None:
    with connected(online.port) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: 10.0.0.1:16001\r\nUser-Agent: kube-probe/1.36\r\nAccept: */*\r\n\r\n")
        head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 21\r\nConnection: close\r\n\r\n"
        assert all_of(client).decode() == head + "generation 1: online\n"


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="no IPv6 here")
def test_it_listens_on_ipv6_too(online: Sidecar) -> None:
    with closing(http.client.HTTPConnection("::1", online.port, timeout=SECONDS)) as connection:
        connection.request("GET", "/")
        assert connection.getresponse().status == 200


def test_a_request_in_pieces(online: Sidecar) -> None:
    with connected(online.port) as client:
        for byte in b"GET / HTTP/1.0\r\n\r\n":
            client.sendall(bytes([byte]))
            time.sleep(0.002)
        assert all_of(client).startswith(b"HTTP/1.1 200 OK\r\n")


@pytest.mark.parametrize("path", ["/x", "/?x", "//", "/../"])
def test_nothing_else_is_there(online: Sidecar, path: str) -> None:
    assert get(online.port, path) == (404, "only GET / is answered")


@pytest.mark.parametrize("request_", [b"POST / HTTP/1.1\r\n\r\n", b"HEAD / HTTP/1.1\r\n\r\n", b"\r\n\r\n", b"\xff\0\r\n\r\n"])
def test_nothing_but_get(online: Sidecar, request_: bytes) -> None:
    with connected(online.port) as client:
        client.sendall(request_)
        assert all_of(client).startswith(b"HTTP/1.1 404 Not Found\r\n")


def test_a_request_without_end_is_ended(online: Sidecar) -> None:
    with connected(online.port) as client:
        client.sendall(b"x" * (readiness.REQUEST_BYTES + 1))
        with suppress(ConnectionResetError):
            assert all_of(client) == b""


@given(st.binary(max_size=60), st.booleans(), st.text(st.characters(exclude_categories=["C", "Z"]), max_size=30))
def test_every_answer_has_one_line(request_: bytes, ready: bool, why: str) -> None:
    head, body = readiness.response(request_, ready, why).split(b"\r\n\r\n", 1)
    assert body.endswith(b"\n")
    assert f"Content-Length: {len(body)}\r\n".encode() in head
    assert (b" 200 OK" in head) <= ready


def test_idle_clients_do_not_keep_the_kubelet_out(online: Sidecar) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(connected(online.port)) for _ in range(1000)]
        begun = time.monotonic()
        assert all_of(clients[0]) == b""
        for _ in range(20):
            assert online.ready()
        assert time.monotonic() - begun < readiness.SECONDS
        assert online.rss() <= 17 * 1024
        online.terminate()


def test_an_idle_client_has_to_go_after_a_while(online: Sidecar) -> None:
    begun = time.monotonic()
    with connected(online.port) as client:
        assert all_of(client) == b""
        assert readiness.SECONDS <= time.monotonic() - begun < 3 * readiness.SECONDS


def test_clients_that_reset_do_no_harm(online: Sidecar) -> None:
    for _ in range(300):
        with connected(online.port) as client:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.send(b"GET / HTTP/1.1\r\n\r\n")
    assert online.ready()


def test_under_load_every_answer_comes_and_the_state_is_still_looked_at(online: Sidecar, launcher: Launcher) -> None:
    def many(count: int) -> list[float]:
        times = []
        for _ in range(count):
            begun = time.monotonic()
            assert get(online.port)[0] in (200, 503)
            times.append(time.monotonic() - begun)
        return times

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(many, 150) for _ in range(8)]
        begun = time.monotonic()
        launcher.offline()
        until(lambda: not online.ready())
        noticed = time.monotonic() - begun
        times = sorted(time for future in futures for time in future.result())
    print(f"{len(times)} answers, median {times[len(times) // 2] * 1000:.1f} ms, slowest {times[-1] * 1000:.0f} ms")
    assert noticed < readiness.SECONDS


def test_a_flood_of_requests_does_not_hold_the_start_up(launcher: Launcher) -> None:
    with sidecar(launcher.folder) as running, ThreadPoolExecutor(4) as pool:
        done = [pool.submit(lambda: [running.get() for _ in range(200)]) for _ in range(4)]
        launcher.start()
        launcher.take()
        launcher.finish()
        until(running.ready)
        for future in done:
            future.result()
