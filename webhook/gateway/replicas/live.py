"""The API server as the gateway needs it: the client waits in threads, so that a slow answer holds up nobody else."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Event, Thread
from typing import Any, ParamSpec, TypeVar

from webhook.cluster import Cluster
from webhook.errors import ApiError
from webhook.gateway.grants import stored
from webhook.gateway.pods import identity
from webhook.gateway.replicas import election
from webhook.inpod.contract import AUTHORIZE_LABEL
from webhook.installation import GATEWAY, NAMESPACE

Json = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")

WATCH = 300
"""Seconds after which everything is listed anew."""
PODS = "/api/v1/pods"
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
SLICES = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
LEASE = f"{election.PATH}/{GATEWAY}"


class Threads:
    """So many calls at once; others wait."""

    def __init__(self, count: int) -> None:
        self._pool = ThreadPoolExecutor(count, "api")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Whoever is cancelled meanwhile leaves the call to its end."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))


class LiveApi:
    """`world.Api`. Anybody may send tokens, so `strangers` judge them, and hold up nobody else; nor do pods that come hold up
    those whose turn it is, of whom the ledger is `written`."""

    def __init__(self, cluster: Cluster, threads: Threads, strangers: Threads, written: Threads) -> None:
        self._cluster, self._call, self._judge, self._write = cluster, threads.call, strangers.call, written.call

    async def review(self, token: str) -> Json:
        return (await self._judge(self._cluster.create, REVIEWS, identity.review(token))).object

    async def pod(self, namespace: str, name: str) -> Json | None:
        found = await self._call(self._cluster.get, f"/api/v1/namespaces/{namespace}/pods/{name}")
        # Anything may be the name in a Grant that somebody made.
        return found if found and found["kind"] == "Pod" else None

    async def pods(self) -> tuple[list[Json], str]:
        return await self._call(lambda: self._cluster.listed(PODS, labelSelector=AUTHORIZE_LABEL))

    def pod_changes(self, version: str) -> AsyncIterator[Json]:
        return self._changes(PODS, labelSelector=AUTHORIZE_LABEL, resourceVersion=version)

    async def grants(self) -> tuple[list[Json], str]:
        return await self._call(self._cluster.listed, stored.PATH)

    def grant_changes(self, version: str) -> AsyncIterator[Json]:
        return self._changes(stored.PATH, resourceVersion=version)

    async def _changes(self, path: str, **query: str) -> AsyncIterator[Json]:
        """By a thread that nobody waits for: it ends with its watch, or with the next event once nobody hears of it."""
        loop, over = asyncio.get_running_loop(), Event()
        said: asyncio.Queue[Json | Exception | None] = asyncio.Queue()

        def tell(event: Json | Exception | None) -> None:
            with suppress(RuntimeError):
                loop.call_soon_threadsafe(said.put_nowait, event)

        def watch() -> None:
            try:
                for event in self._cluster.watch(path, WATCH, **query):
                    if over.is_set():
                        return
                    tell(event)
                tell(None)
            except Exception as error:
                # Or whoever listens would wait for ever.
                tell(error)

        Thread(target=watch, name="watch", daemon=True).start()
        try:
            while (event := await said.get()) is not None:
                if isinstance(event, Exception):
                    raise event
                yield event
        finally:
            over.set()

    async def grant(self, uid: str) -> Json | None:
        return await self._call(self._cluster.get, f"{stored.PATH}/{uid}")

    async def create(self, grant: Json) -> Json:
        return (await self._call(self._cluster.create, stored.PATH, grant)).object

    async def write(self, grant: Json) -> Json:
        return await self._write(self._cluster.replace, f"{stored.PATH}/{grant['metadata']['name']}/status", grant)

    async def delete(self, uid: str, version: str) -> None:
        await self._call(self._cluster.delete, f"{stored.PATH}/{uid}", version)


class LiveLease:
    """`election.Leases`. `seconds` after which a call counts as not answered: a lease is short."""

    def __init__(self, cluster: Cluster, threads: Threads, seconds: float) -> None:
        self._cluster, self._threads, self._seconds = cluster, threads, seconds

    async def read(self) -> Json | None:
        return await self._soon(self._cluster.get, LEASE)

    async def create(self, lease: Json) -> Json:
        return (await self._soon(self._cluster.create, election.PATH, lease)).object

    async def replace(self, lease: Json) -> Json:
        return await self._soon(self._cluster.replace, LEASE, lease)

    async def _soon(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return await asyncio.wait_for(self._threads.call(function, *args, **kwargs), self._seconds)
        except TimeoutError:
            raise ApiError(0, "Unreachable", f"no answer within {self._seconds:.0f} s") from None


class LiveSlices:
    """`endpoints.Slices`."""

    def __init__(self, cluster: Cluster, threads: Threads) -> None:
        self._cluster, self._call = cluster, threads.call

    async def read(self, name: str) -> Json | None:
        return await self._call(self._cluster.get, f"{SLICES}/{name}")

    async def replace(self, name: str, held: Json) -> Json:
        return await self._call(self._cluster.replace, f"{SLICES}/{name}", held)
