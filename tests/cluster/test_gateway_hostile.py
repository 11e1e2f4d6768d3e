"""Clients that mean ill: whatever they send, nothing fails, no upstream is asked, and others are answered meanwhile."""

import random
import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress

import pytest

from .access import Cluster
from .gateways import NAME
from .hostile import REQUESTS, SOON, Led, counted, head, led, most_memory, opened, requests, sent, status
from .listing import history

pytestmark = pytest.mark.cluster

HALF_OPEN = 200
MEBIBYTE = 1 << 20
BODY, KEPT = 200, 20
"""MiB: of a body, and what may be kept of it."""


@pytest.fixture(scope="module")
def gateway(alone: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with led(alone, tmp_path_factory.mktemp("hostile")) as found:
        yield found


def test_random_requests_fail_nothing_and_reach_no_upstream(gateway: Led) -> None:
    site, listed, replica = gateway
    before, over = len(history(listed)), threading.Event()
    pod = site.pod("well", "orders", address="10.1.0.1")
    waited: list[float] = []

    def behaves() -> None:
        while not over.is_set():
            begun = time.monotonic()
            assert replica.ask(pod.token).status == 200
            waited.append(time.monotonic() - begun)

    made = requests(random.Random(REQUESTS), pod.token)
    with ThreadPoolExecutor(9) as pool:
        well = pool.submit(behaves)
        statuses = Counter(pool.map(lambda words: sent(replica, words), (next(made) for _ in range(REQUESTS // 2))))
        over.set()
        well.result()
    print(f"\n{dict(statuses)}; a pod that behaves was answered {len(waited)} times, within {max(waited):.2f} s")
    assert statuses.keys() <= {0, 400, 401, 404, 405}
    assert counted(replica, "richpod_gateway_requests_total", "status")["500"] == 0
    assert len(history(listed)) == before + 1
    assert max(waited) < SOON


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("who", ["a stranger", "a pod that waits"])
def test_of_a_body_nothing_is_kept(gateway: Led, who: str, chunked: bool) -> None:
    """Neither while its pod waits, nor after the answer that a stranger does not wait for."""
    site, listed, replica = gateway
    before = len(history(listed)), most_memory(replica)
    pod = site.pod(f"much-{who.split()[1]}-{chunked}".lower(), "common")
    token = pod.token if who == "a pod that waits" else "a.b.c"
    size, piece = BODY * MEBIBYTE, b"x" * MEBIBYTE
    length = b"Transfer-Encoding: chunked" if chunked else f"Content-Length: {size}".encode()
    with opened(replica) as connection:
        connection.sendall(head(token.encode(), "/authorize", length))
        if who == "a stranger":
            assert status(connection) == 401
        sends = 0
        with suppress(OSError):
            for _ in range(BODY):
                connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece) if chunked else piece)
                sends += 1
        if who == "a pod that waits":
            assert sends == BODY
            site.addressed(pod, "10.1.4.1")
            assert status(connection) == 200
    grown = most_memory(replica) - before[1]
    print(f"\n{who} sent {sends} MiB of {BODY}; the gateway held {grown} MiB more than ever before")
    assert grown < KEPT
    assert len(history(listed)) == before[0]


def test_connections_that_say_little_hold_up_nobody(gateway: Led) -> None:
    """Half-open ones, heads that do not end, and bodies that do not, of a pod that waits and of a stranger."""
    site, _, replica = gateway
    pod, waits = site.pod("patient", "common", address="10.1.3.1"), site.pod("waits", "common")
    length = b"Content-Length: 1000"
    bodies = [head(token, "/authorize", length) + b"x" for token in (b"a.b.c", b"a.b.c", waits.token.encode())]
    with ExitStack() as stack:
        for _ in range(HALF_OPEN):
            stack.enter_context(socket.create_connection((NAME, replica.port), SOON))
        for words in (*bodies, *[head(b"x", "/authorize", length).removesuffix(b"\r\n")] * 20):
            stack.enter_context(opened(replica)).sendall(words)
        begun = time.monotonic()
        assert replica.ask(pod.token).status == 200
        assert time.monotonic() - begun < SOON
