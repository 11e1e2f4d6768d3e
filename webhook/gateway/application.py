"""The FastAPI application: what pods ask over TLS; probes and metrics over the plain port."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Depends, FastAPI, HTTPException, Request
from pydantic import BaseModel
from starlette.responses import Response

from webhook.gateway.exchange import BEARER, Facts, Leader, Refused, answered, named
from webhook.gateway.grants.grant import Owner
from webhook.gateway.metrics import Metrics
from webhook.gateway.pods.authorizing import Authorizing
from webhook.gateway.pods.intent import Intent
from webhook.log import NAME_LENGTH, Log
from webhook.printable import one_line
from webhook.serving.application import new_app


class Granted(BaseModel):
    """Names of grants: upstreams hold all that the pod asks for."""

    granted: list[str]


class Released(BaseModel):
    """Whether the API server shows that the application has ended, too; else the word counts for nothing."""

    ended: bool


def _refusal(description: str, header: str = "", schema: str = "string") -> dict[str, Any]:
    """With a header that it always has."""
    headers = {header: {"required": True, "schema": {"type": schema}}} if header else {}
    return {"model": Refused, "description": description, "headers": headers}


_REFUSALS: dict[int | str, dict[str, Any]] = {
    401: _refusal("The token is missing, or no pod's for the gateway.", "WWW-Authenticate"),
    403: _refusal("The pod may not."),
    429: _refusal("Too many calls; again after Retry-After seconds.", "Retry-After", "integer"),
    500: _refusal("The gateway failed; its log says where."),
    503: _refusal("Not now; again after Retry-After seconds.", "Retry-After", "integer"),
}


def create_app(policy: str, authorizing: Leader, wait: float, metrics: Metrics, log: Log) -> FastAPI:
    """`policy`: its hash. `wait`: seconds that a pod may wait in line.

    Whoever serves it sets `app.state.ready`.
    """
    # A replica that does not lead is as ready as the one that does, or no rolling update would end.
    app = new_app(policy, metrics, "richpod gateway", [Depends(_only("http"))])
    secured = [Depends(_only("https")), Depends(BEARER)]

    @app.post("/authorize", response_model=Granted, responses=_REFUSALS, dependencies=secured)
    async def authorize(request: Request) -> Response:
        """Grants what the pod, whose token it is, asks for in its authorizer; returns once upstreams hold it."""

        async def ask(leader: Authorizing, token: str, facts: Facts) -> Granted:
            def told(who: Owner, asked: Intent) -> None:
                facts.update(named(**who._asdict()), grants=[one_line(name, NAME_LENGTH) for name in asked.grants])

            deadline = asyncio.get_running_loop().time() + wait
            return Granted(granted=[*await leader.authorize(token, deadline, told)])

        return await answered(request, "authorization", authorizing, ask, 200, metrics, log)

    @app.post("/release", response_model=Released, status_code=202, responses=_REFUSALS, dependencies=secured)
    async def release(request: Request) -> Response:
        """A sidecar's early word that its application has ended."""

        async def ask(leader: Authorizing, token: str, facts: Facts) -> Released:
            who, ended = await leader.release(token)
            facts.update(named(**who._asdict()), ended=ended)
            return Released(ended=ended)

        return await answered(request, "release", authorizing, ask, 202, metrics, log)

    return app


def _only(scheme: str) -> Callable[[Request], Awaitable[None]]:
    """For the port that speaks it; on the other one there is nothing."""

    async def check(request: Request) -> None:
        if request.scope["scheme"] != scheme:
            raise HTTPException(404)

    return check
