"""Clients that mean ill: whatever they send, nothing fails, no upstream is asked, and others are answered meanwhile."""

import os
import random
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection

import pytest

from tests.authorization.services import Service, acl
from webhook.gateway.exchange import LONGEST_TOKEN

from .access import Cluster
from .gateways import ACCOUNT, NAME, Ground, Replica, ground
from .listing import addresses, history, policy
from .processes import until

pytestmark = pytest.mark.cluster

REQUESTS = int(os.environ.get("RICHPOD_GATEWAY_REQUESTS", "2000"))
HALF_OPEN = 200
SOON = 10
"""Seconds, while others keep the machine busy."""


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with acl(tmp_path_factory.mktemp("acl"), "--per-second=1000", "--delay=0.2") as service:
        yield service


@pytest.fixture(scope="module")
def site(alone: Cluster, listed: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(alone, tmp_path_factory.mktemp("gateway"), policy(listed), "shop", "other") as found:
        yield found


@pytest.fixture(scope="module")
def replica(site: Ground) -> Replica:
    started = site.start()
    started.leads()
    return started


def opened(replica: Replica) -> ssl.SSLSocket:
    plain = socket.create_connection((NAME, replica.port), SOON)
    return ssl.create_default_context(cadata=replica.authority).wrap_socket(plain, server_hostname=NAME)


def sent(replica: Replica, words: bytes) -> int:
    """The status of the answer; 0 where there is none."""
    with opened(replica) as connection, suppress(OSError):
        connection.sendall(words)
        answer = connection.recv(64)
        return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0
    return 0


def token(site: Ground, audience: str, **bound: object) -> str:
    """Of the pods' ServiceAccount."""
    request = {"spec": {"audiences": [audience], **bound}, "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
    made = site.client().create(f"/api/v1/namespaces/shop/serviceaccounts/{ACCOUNT}/token", request).object
    return str(made["status"]["token"])


def counted(replica: Replica, name: str, label: str) -> dict[str, float]:
    """Of a metric with one label, by its value."""
    connection = HTTPConnection("127.0.0.1", replica.health_port, timeout=SOON)
    connection.request("GET", "/metrics")
    lines = connection.getresponse().read().decode().splitlines()
    connection.close()
    found = (line.removeprefix(f'{name}{{{label}="').partition('"} ') for line in lines if line.startswith(f"{name}{{"))
    return {value: float(count) for value, _, count in found}


def requests(chance: random.Random) -> Iterator[bytes]:
    """Of every kind, without an end."""

    def junk(most: int) -> bytes:
        return chance.randbytes(chance.randint(0, most))

    tokens = (b"", b"e30.e30.e30", b"\xff" * 30, b"a" * 2 * LONGEST_TOKEN, b"a\x00b", b"Bearer")
    while True:
        method = chance.choice([b"POST", b"POST", b"GET", b"PUT", b"OPTIONS", b"TRACE", b"POS\x00T", junk(8)])
        path = chance.choice(
            [b"/authorize", b"/authorize", b"/release", b"/", b"/authorize/../metrics", b"/metrics", b"*", junk(40)]
        )
        header = (
            b"Authorization: "
            + chance.choice([b"Bearer ", b"Basic ", b"bearer\t", b""])
            + chance.choice([*tokens, chance.randbytes(45).hex().encode(), junk(90)])
        )
        length = chance.choice(
            [b"Content-Length: 0", b"Content-Length: -1", b"Content-Length: 99999999999", b"Expect: 100-continue"]
        )
        more = chance.choice(
            [*[b"Accept: */*"] * 9, b"Transfer-Encoding: chunked", b"X: " + b"y" * 90_000, junk(40), b"Connection: Upgrade"]
        )
        whole = b"\r\n".join((method + b" " + path + b" HTTP/1.1", b"Host: x", header, length, more, b"", junk(200)))
        yield chance.choice([whole, whole, whole[: chance.randint(0, len(whole))] + b"\r\n\r\n", junk(300) + b"\r\n\r\n"])


def test_random_requests_fail_nothing_and_reach_no_upstream(site: Ground, listed: Service, replica: Replica) -> None:
    before, over = len(history(listed)), threading.Event()
    pod = site.pod("well", "orders", address="10.1.0.1")
    waited: list[float] = []

    def behaves() -> None:
        while not over.is_set():
            begun = time.monotonic()
            assert replica.ask(pod.token).status == 200
            waited.append(time.monotonic() - begun)

    made = requests(random.Random(REQUESTS))
    with ThreadPoolExecutor(9) as pool:
        well = pool.submit(behaves)
        statuses = [*pool.map(lambda words: sent(replica, words), (next(made) for _ in range(REQUESTS)))]
        over.set()
        well.result()
    kinds = {status: statuses.count(status) for status in sorted({*statuses})}
    print(f"\n{REQUESTS} requests: {kinds}; a pod that behaves was answered {len(waited)} times, within {max(waited):.2f} s")
    assert {status for status in kinds if status >= 500} == set()
    assert "500" not in {
        status for status, count in counted(replica, "richpod_gateway_requests_total", "status").items() if count
    }
    assert len(history(listed)) == before + 1
    assert max(waited) < SOON


def test_tokens_that_are_no_pods_of_now_are_denied_and_counted(site: Ground, listed: Service, replica: Replica) -> None:
    gone, bad = (site.pod(name, "orders", address=address) for name, address in (("gone", "10.1.1.1"), ("bad", "10.1.1.2")))
    assert replica.ask(gone.token).status == 200
    site.delete(gone)
    until("the entry is gone", lambda: "10.1.1.1" not in addresses(listed))
    again = site.pod("gone", "orders", address="10.1.1.1")
    bound = {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": bad.name, "uid": bad.uid}}
    before = len(history(listed))
    # The API server goes on taking the first for good for 10 s.
    assert replica.ask(gone.token).body["reason"] in ("token", "replaced")
    reasons = counted(replica, "richpod_gateway_denied_total", "reason")
    cases = [token(site, "https://kubernetes.default.svc", **bound), token(site, "richpod-gateway"), "", "x.y.z"]
    assert [replica.ask(each).status for each in cases] == [401, 403, 401, 401]
    after = counted(replica, "richpod_gateway_denied_total", "reason")
    assert {reason: after[reason] - reasons.get(reason, 0) for reason in ("token", "unbound", "no-token")} == {
        "token": 2,
        "unbound": 1,
        "no-token": 1,
    }
    assert len(history(listed)) == before
    # Whoever has its name now is served by its own token.
    assert replica.ask(again.token).status == 200


def test_a_pod_gets_what_it_asks_for_itself_whatever_another_sends(site: Ground, listed: Service, replica: Replica) -> None:
    """A token speaks for its own pod alone, which says in its spec what it asks for."""
    asks = site.pod("asks-nothing", address="10.1.2.1")
    assert replica.ask(asks.token).body["reason"] == "no-intent"
    assert "10.1.2.1" not in addresses(listed)


def test_connections_that_say_nothing_hold_up_nobody(site: Ground, replica: Replica) -> None:
    pod = site.pod("patient", "common", address="10.1.3.1")
    quiet = [socket.create_connection((NAME, replica.port), SOON) for _ in range(HALF_OPEN)]
    slow = [opened(replica) for _ in range(20)]
    try:
        for connection in slow:
            connection.sendall(b"POST /authorize HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nAuthorization: Bearer x\r\n")
        begun = time.monotonic()
        assert replica.ask(pod.token).status == 200
        assert time.monotonic() - begun < SOON
    finally:
        for each in (*quiet, *slow):
            each.close()
