"""What clients that mean ill say to a gateway that leads, and what it counts and takes meanwhile."""

import base64
import json
import os
import random
import re
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple

from tests.authorization.services import Service, acl
from webhook.gateway.exchange import LONGEST_TOKEN
from webhook.inpod.contract import GATEWAY_AUDIENCE

from .access import Cluster
from .gateways import NAME, Ground, Replica, ground
from .listing import policy

REQUESTS = int(os.environ.get("RICHPOD_GATEWAY_REQUESTS", "2000"))
"""Of all kinds together."""
SOON = 10
"""Seconds, while others keep the machine busy."""


class Led(NamedTuple):
    site: Ground
    listed: Service
    replica: Replica


@contextmanager
def led(cluster: Cluster, folder: Path) -> Iterator[Led]:
    """A replica that leads, and an upstream that bears whatever it is asked."""
    for name in ("acl", "gateway"):
        (folder / name).mkdir()
    with (
        acl(folder / "acl", "--per-second=1000", "--delay=0.2") as listed,
        ground(cluster, folder / "gateway", policy(listed), "shop") as site,
    ):
        replica = site.start()
        replica.leads()
        yield Led(site, listed, replica)


def opened(replica: Replica) -> ssl.SSLSocket:
    plain = socket.create_connection((NAME, replica.port), SOON)
    return ssl.create_default_context(cadata=replica.authority).wrap_socket(plain, server_hostname=NAME)


def sent(replica: Replica, words: bytes) -> int:
    """The status of the answer; 0 where there is none."""
    with opened(replica) as connection, suppress(OSError):
        connection.sendall(words)
        return status(connection)
    return 0


def status(connection: socket.socket) -> int:
    answer = connection.recv(64)
    return int(answer.split()[1]) if answer.startswith(b"HTTP/1.1 ") else 0


def counted(replica: Replica, name: str, label: str) -> dict[str, float]:
    """Of a metric with one label, by its value."""
    with closing(HTTPConnection("127.0.0.1", replica.health_port, timeout=SOON)) as connection:
        connection.request("GET", "/metrics")
        lines = connection.getresponse().read().decode().splitlines()
    found = (line.removeprefix(f'{name}{{{label}="').partition('"} ') for line in lines if line.startswith(f"{name}{{"))
    return {value: float(count) for value, _, count in found}


def most_memory(replica: Replica) -> int:
    """MiB that the process has ever held at once."""
    told = Path(f"/proc/{replica.process.pid}/status").read_text()
    (kibibytes,) = re.findall(r"^VmHWM:\s+(\d+) kB$", told, re.MULTILINE)
    return int(kibibytes) // 1024


def tokens(chance: random.Random, good: str) -> Iterator[bytes]:
    """Those that pass for one of a pod, and none that is; without an end. `good`: a pod's own."""
    header, payload, signature = good.split(".")
    said = json.loads(_bytes(payload))
    while True:
        nonsense = _word(chance.randbytes(chance.randint(0, 300)))
        claims = {"iss": said["iss"], "aud": [GATEWAY_AUDIENCE], "exp": int(time.time()) + 600, "jti": nonsense}
        other = {**said, "kubernetes.io": {**said["kubernetes.io"], "pod": {"name": "well", "uid": nonsense}}}
        unsigned = _word(json.dumps({"alg": chance.choice(["none", "HS256", "RS256"]), "kid": nonsense}).encode())
        yield chance.choice(
            [
                f"{unsigned}.{_word(json.dumps(claims).encode())}.{nonsense}",
                f"{header}.{_word(json.dumps(other).encode())}.{signature}",
                f"{unsigned}.{payload}.",
                f"{header}.{payload}.{nonsense}",
                good[: chance.randrange(len(good) - 1)],
                good + nonsense + "x",
                "a" * 2 * LONGEST_TOKEN,
            ]
        ).encode()


def requests(chance: random.Random, good: str) -> Iterator[bytes]:
    """Of every kind, most of them not even HTTP; without an end. `good`: a pod's token, never sent as it is."""

    def junk(most: int) -> bytes:
        return chance.randbytes(chance.randint(0, most))

    forged = tokens(chance, good)
    while True:
        method = chance.choice([b"POST", b"POST", b"GET", b"PUT", b"OPTIONS", b"TRACE", b"POS\x00T", junk(8)])
        path = chance.choice(
            [b"/authorize", b"/authorize", b"/release", b"/", b"/authorize/../metrics", b"/metrics", b"*", junk(40)]
        )
        token = chance.choice([next(forged), next(forged), b"", b"e30.e30.e30", b"\xff" * 30, b"a\x00b", b"Bearer", junk(90)])
        header = b"Authorization: " + chance.choice([b"Bearer ", b"Basic ", b"bearer\t", b""]) + token
        length = chance.choice(
            [b"Content-Length: 0", b"Content-Length: -1", b"Content-Length: 99999999999", b"Expect: 100-continue"]
        )
        more = chance.choice(
            [*[b"Accept: */*"] * 9, b"Transfer-Encoding: chunked", b"X: " + b"y" * 90_000, junk(40), b"Connection: Upgrade"]
        )
        whole = b"\r\n".join((method + b" " + path + b" HTTP/1.1", b"Host: x", header, length, more, b"", junk(200)))
        forgery = head(next(forged), chance.choice(["/authorize", "/release"]), b"Content-Length: 0")
        cut = whole[: chance.randint(0, len(whole))] + b"\r\n\r\n"
        yield chance.choice([forgery, forgery, whole, whole, cut, junk(300) + b"\r\n\r\n"])


def head(token: bytes, path: str, *headers: bytes) -> bytes:
    """Of a request that is good HTTP."""
    first = f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ".encode()
    return b"\r\n".join((first + token, *headers, b"", b""))


def _word(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _bytes(word: str) -> bytes:
    return base64.urlsafe_b64decode(word + "==")
