"""The client's own calls of an API server that is slow, or never ends what it says."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Semaphore, Thread

import pytest
from kubernetes import client

from webhook.cluster import CONNECTIONS, Cluster
from webhook.errors import ApiError
from webhook.gateway.replicas.live import LiveApi, Threads

SECONDS = 20
"""The longest a test waits for an event; none takes so long when all is well."""
POD = b'{"kind": "Pod"}'
WORD = b'{"type": "MODIFIED", "object": {}}\n'
EXPIRED = b'{"type": "ERROR", "object": {"code": 410, "reason": "Expired", "message": "too old resource version"}}\n'
MORE = CONNECTIONS + 8
"""Watches than the client keeps connections for."""


class Watched:
    """An API server with one pod, whose watches say what a test lets them."""

    def __init__(self) -> None:
        self.begun, self.ended, self.over = Semaphore(0), Semaphore(0), Event()

    def quiet(self, write: Callable[[bytes], object]) -> None:
        self.over.wait(SECONDS)

    def busy(self, write: Callable[[bytes], object]) -> None:
        """For as long as somebody listens."""
        while not self.over.wait(0.01):
            write(b"%x\r\n%s\r\n" % (len(WORD), WORD))

    def gone(self, write: Callable[[bytes], object]) -> None:
        """As of an API server that has forgotten the version from which it was asked."""
        write(b"%x\r\n%s\r\n0\r\n\r\n" % (len(EXPIRED), EXPIRED))


@contextmanager
def api(site: Watched, says: Callable[[Callable[[bytes], object]], None]) -> Iterator[LiveApi]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            if "watch=true" not in self.path:
                self.send_header("Content-Length", str(len(POD)))
                self.end_headers()
                self.wfile.write(POD)
                return
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            site.begun.release()
            try:
                says(self.wfile.write)
            except OSError:
                site.ended.release()

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        serving = Thread(target=server.serve_forever, args=(0.01,))
        serving.start()
        configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
        configuration.connection_pool_maxsize = CONNECTIONS
        try:
            with client.ApiClient(configuration) as opened:
                yield LiveApi(Cluster(opened), Threads(1), Threads(1), Threads(1))
        finally:
            site.over.set()
            server.shutdown()
            serving.join()


async def given_up(live: LiveApi, site: Watched, begun: int) -> None:
    """So many watches, begun and then left by whoever led."""

    async def listens() -> None:
        async for _ in live.pod_changes("1"):
            pass

    tasks = [asyncio.create_task(listens()) for _ in range(begun)]
    for _ in tasks:
        assert await asyncio.to_thread(site.begun.acquire, timeout=SECONDS)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def test_watches_of_earlier_terms_hold_up_no_call() -> None:
    async def life(live: LiveApi) -> None:
        await given_up(live, site, MORE)
        assert await asyncio.wait_for(live.pod("shop", "web"), SECONDS) == {"kind": "Pod"}

    site = Watched()
    with api(site, site.quiet) as live:
        asyncio.run(life(live))


def test_a_watch_that_nobody_hears_any_more_ends_with_its_next_word() -> None:
    async def life(live: LiveApi) -> None:
        await given_up(live, site, 3)
        for _ in range(3):
            assert await asyncio.to_thread(site.ended.acquire, timeout=SECONDS)

    site = Watched()
    with api(site, site.busy) as live:
        asyncio.run(life(live))


def test_a_watch_from_a_version_that_is_forgotten_is_an_error_and_no_change() -> None:
    """Whoever follows lists anew then."""

    async def life(live: LiveApi) -> None:
        with pytest.raises(ApiError, match="too old resource version") as raised:
            async for _ in live.pod_changes("1"):
                pass
        assert raised.value.status == 410

    site = Watched()
    with api(site, site.gone) as live:
        asyncio.run(life(live))
