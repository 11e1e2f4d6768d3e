"""The gateway's application in virtual time, and what it answers, counts and logs."""

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from fastapi import FastAPI
from prometheus_client import generate_latest

from tests.gateway.granted import OWNER
from tests.gateway.leaders import Answer, Upstream, api, asks, leader
from tests.gateway.virtual import lived
from webhook.gateway.application import create_app
from webhook.gateway.errors import another_leads
from webhook.gateway.exchange import count_strays
from webhook.gateway.metrics import Metrics
from webhook.gateway.pods.authorizing import Authorizing

Json = dict[str, Any]
Ask = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]


class Site:
    """The application before a leader, or before none."""

    def __init__(self, leads: bool = True, wait: float = 20) -> None:
        self.metrics = Metrics(["acl"], lambda name: 0, lambda phase: 0)
        self.lines: list[Json] = []
        self.authorizing: Authorizing | None = None
        self._leads, self._wait = leads, wait

    def _leader(self) -> Authorizing:
        if self.authorizing is None:
            raise another_leads()
        return self.authorizing

    def app(self) -> FastAPI:
        def log(event: str, **facts: Any) -> None:
            self.lines.append({"event": event, **facts})

        app = create_app("hash", self._leader, self._wait, self.metrics, log)
        count_strays(app, self.metrics)
        return app

    def answer(self, ask: Ask, pod: Json | None = None, upstream: Answer | None = None, scheme: str = "https") -> httpx.Response:
        async def life() -> httpx.Response:
            async with leader(api(pod or asks("orders")), Upstream(upstream) if upstream else Upstream()) as made:
                self.authorizing = made.authorizing if self._leads else None
                transport = httpx.ASGITransport(self.app(), client=("10.0.0.7", 1))
                async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://gateway") as client:
                    return await ask(client)

        return lived(life())

    def counted(self, line: str) -> bool:
        return f"\n{line}\n" in generate_latest(self.metrics.registry).decode()


async def authorize(client: httpx.AsyncClient) -> httpx.Response:
    return await client.post("/authorize", headers={"Authorization": f"Bearer {OWNER.uid}"})
