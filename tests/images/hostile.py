"""A registry that does whatever a test tells it to, over real sockets and real TLS, on the test's own event loop."""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from certs.authority import new_authority, new_leaf

Send = Callable[[bytes], Awaitable[None]]
Answer = Callable[["Asked", Send], Awaitable[None]]


class Reset(Exception):
    """Raised by an answer: the connection ends as if the machine had lost its power."""


class Identity:
    """A certificate for these names, and what to trust so as to trust it."""

    def __init__(self, folder: Path, *names: str) -> None:
        now, day = datetime.now(UTC), timedelta(days=1)
        authority = new_authority("test", now, day)
        leaf = new_leaf(authority, names, now, day)
        file = folder / "tls.pem"
        file.write_bytes(leaf.certificate + leaf.key)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(file)
        self.authority = authority.certificate.decode()


class Asked(NamedTuple):
    """`path` without the query; names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: dict[str, str]


class Hostile:
    """`answers`: path to what is said there; who asks for another is told that it does not exist."""

    def __init__(self, identity: Identity | None) -> None:
        self.answers: dict[str, Answer] = {}
        self.asked: list[Asked] = []
        self.sent = 0
        """Bytes that clients took, and their sockets' buffers."""
        self.host, self.identity = "", identity
        self.talks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"{'https' if self.identity else 'http'}://{self.host}"

    def calls(self, path: str) -> list[Asked]:
        return [one for one in self.asked if one.path == path]

    async def idle(self) -> None:
        """Returns when no connection is left."""
        if self.talks:
            await asyncio.wait(self.talks)

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One call, and the end of the connection."""

        async def send(data: bytes) -> None:
            writer.write(data)
            await writer.drain()
            self.sent += len(data)

        task = asyncio.current_task()
        assert task
        self.talks.add(task)
        try:
            asked = _read(await reader.readuntil(b"\r\n\r\n"))
            self.asked.append(asked)
            await self.answers.get(asked.path, _nothing)(asked, send)
            writer.close()
            await writer.wait_closed()
        except Reset:
            connection = writer.get_extra_info("socket")
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            # The client has left, or the test is over.
            pass
        finally:
            writer.transport.abort()
            self.talks.discard(task)


@asynccontextmanager
async def hostile(identity: Identity | None, host: str = "localhost", address: str = "127.0.0.1") -> AsyncIterator[Hostile]:
    """Reached at `address` under the name `host`; speaks no TLS where it has no identity."""
    server = Hostile(identity)
    context = identity.context if identity else None
    async with await asyncio.start_server(server.connected, address, 0, ssl=context) as listening:
        server.host = f"{host}:{listening.sockets[0].getsockname()[1]}"
        try:
            yield server
        finally:
            listening.close()
            talks = set(server.talks)
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)


async def _nothing(_: Asked, send: Send) -> None:
    await send(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")


def _read(text: bytes) -> Asked:
    first, *lines = text.decode("latin-1").strip().split("\r\n")
    method, _, rest = first.partition(" ")
    target = rest.rpartition(" ")[0]
    path, _, query = target.partition("?")
    headers = (line.partition(": ") for line in lines)
    return Asked(method, path, query, {name.lower(): value for name, _, value in headers})


class Loop(asyncio.SelectorEventLoop):
    """Resolves names as a test says: each time to the next of their lists of addresses, and to the last one again and again."""

    def __init__(self, **names: list[list[str]]) -> None:
        super().__init__()
        self.names = {name.replace("_", "."): answers for name, answers in names.items()}

    async def getaddrinfo(self, host, port, **options):  # type: ignore[no-untyped-def]
        answers = self.names.get(host)
        if answers is None:
            return await super().getaddrinfo(host, port, **options)
        addresses = answers.pop(0) if len(answers) > 1 else answers[0]
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")
        options["flags"] = 0
        found = [await super(Loop, self).getaddrinfo(address, port, **options) for address in addresses]
        return [one for each in found for one in each]
