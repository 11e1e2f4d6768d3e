"""The API server as the gateway needs it: the client waits in threads, so that a slow answer holds up nobody else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from webhook.cluster import Cluster
from webhook.gateway import election, identity, stored
from webhook.installation import GATEWAY

Json = dict[str, Any]
P = ParamSpec("P")
T = TypeVar("T")

THREADS = 16
"""Calls at once."""
REVIEWS = "/apis/authentication.k8s.io/v1/tokenreviews"
LEASE = f"{election.PATH}/{GATEWAY}"


class Threads:
    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, "api")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Whoever is cancelled meanwhile leaves the call to its end."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, lambda: function(*args, **kwargs))


class LiveApi:
    """`world.Api`."""

    def __init__(self, cluster: Cluster, threads: Threads) -> None:
        self._cluster, self._call = cluster, threads.call

    async def review(self, token: str) -> Json:
        return (await self._call(self._cluster.create, REVIEWS, identity.review(token))).object

    async def pod(self, namespace: str, name: str) -> Json | None:
        return await self._call(self._cluster.get, f"/api/v1/namespaces/{namespace}/pods/{name}")

    async def grants(self) -> list[Json]:
        return await self._call(lambda: self._cluster.listed(stored.PATH)[0])

    async def grant(self, uid: str) -> Json | None:
        return await self._call(self._cluster.get, f"{stored.PATH}/{uid}")

    async def create(self, grant: Json) -> Json:
        return (await self._call(self._cluster.create, stored.PATH, grant)).object

    async def write(self, grant: Json) -> Json:
        return await self._call(self._cluster.replace, f"{stored.PATH}/{grant['metadata']['name']}/status", grant)

    async def delete(self, uid: str) -> None:
        await self._call(self._cluster.delete, f"{stored.PATH}/{uid}")


class LiveLease:
    """`election.Leases`."""

    def __init__(self, cluster: Cluster, threads: Threads) -> None:
        self._cluster, self._call = cluster, threads.call

    async def read(self) -> Json | None:
        return await self._call(self._cluster.get, LEASE)

    async def create(self, lease: Json) -> Json:
        return (await self._call(self._cluster.create, election.PATH, lease)).object

    async def replace(self, lease: Json) -> Json:
        return await self._call(self._cluster.replace, LEASE, lease)
