"""One request of a pod over HTTP: its token, its answer, what is counted and logged of it."""

import asyncio
from collections.abc import Awaitable, Callable
from math import ceil
from time import perf_counter
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exception_handlers import http_exception_handler
from fastapi.security import HTTPBearer
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from webhook.gateway.errors import Busy, Denied
from webhook.gateway.metrics import Metrics
from webhook.gateway.pods.authorizing import Authorizing
from webhook.log import NAME_LENGTH, SENTENCE_LENGTH, Log, failure
from webhook.printable import one_line

BEARER = HTTPBearer(
    scheme_name="pod",
    bearerFormat="JWT",
    description="Of the pod's ServiceAccount, bound to the pod, for the audience of the gateway alone.",
    auto_error=False,
)
LONGEST_TOKEN = 16 * 1024
"""Characters; a bound token has about 1,200."""
CLOSE = {"Connection": "close"}
"""A pod asks seldom. And nothing of a body, which nobody reads, may touch a next request."""

Facts = dict[str, Any]
"""Of the log's line; what is known when."""
Leader = Callable[[], Authorizing]
"""Raises Busy where this replica does not lead."""
Ask = Callable[[Authorizing, str, Facts], Awaitable[BaseModel]]
"""Whoever leads, the caller's token, and facts to be filled in. Raises Busy or Denied."""


class Refused(BaseModel):
    """Why not: a word for machines, and a sentence for people."""

    reason: str
    sentence: str


async def answered(
    request: Request, event: str, authorizing: Leader, ask: Ask, status: int, metrics: Metrics, log: Log
) -> Response:
    """Asks, unless the caller leaves first. `status` of an answer that is good."""
    begun, facts = perf_counter(), Facts()
    asked = asyncio.ensure_future(_asked(request, authorizing, ask, facts))
    leaves = asyncio.ensure_future(_leaves(request))
    try:
        await asyncio.wait((asked, leaves), return_when=asyncio.FIRST_COMPLETED)
        response, said = _response(asked, status)
    finally:
        leaves.cancel()
        asked.cancel()
    seconds = perf_counter() - begun
    metrics.answered(said["status"], said.get("reason", ""), seconds)
    caller = request.client.host if request.client else ""
    log(event, **said, **facts, caller=caller, milliseconds=round(seconds * 1000))
    return response


async def _asked(request: Request, authorizing: Leader, ask: Ask, facts: Facts) -> BaseModel:
    leader = authorizing()
    said = await BEARER(request)
    if said is None:
        raise Denied(401, "no-token", "the request has no header Authorization: Bearer TOKEN")
    token = said.credentials
    if len(token) > LONGEST_TOKEN or not token.isascii() or not token.isprintable():
        raise Denied(401, "token", "the token is no ServiceAccount's")
    return await ask(leader, token, facts)


async def _leaves(request: Request) -> None:
    """Returns once nobody waits for the answer any more; what else the caller sends is dropped."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


def _response(asked: "asyncio.Future[BaseModel]", status: int) -> tuple[Response, Facts]:
    """The answer, and the log's first facts."""
    if not asked.done():
        return Response(status_code=503, headers=CLOSE), {"status": "gone"}
    try:
        return JSONResponse(asked.result().model_dump(), status, CLOSE), {"status": str(status)}
    except Denied as error:
        more = {"WWW-Authenticate": "Bearer"} if error.status == 401 else {}
        return _refused(error.status, error.reason, error.sentence, more)
    except Busy as error:
        reason = "limit" if error.status == 429 else "busy"
        return _refused(error.status, reason, error.sentence, {"Retry-After": str(max(1, ceil(error.seconds)))})
    except Exception as error:
        response, said = _refused(500, "failure", "richpod failed; the log of the gateway says where", {})
        return response, {**said, **failure(error)}


def _refused(status: int, reason: str, sentence: str, headers: dict[str, str]) -> tuple[Response, Facts]:
    """The sentence may hold an API server's words, whatever stands before that."""
    refused = Refused(reason=reason, sentence=one_line(sentence, SENTENCE_LENGTH)).model_dump()
    return JSONResponse(refused, status, {**CLOSE, **headers}), {"status": str(status), **refused}


def count_strays(app: FastAPI, metrics: Metrics) -> None:
    """Requests of pods that find nothing, or not by that method: they are answered before anything of ours hears of them."""

    @app.exception_handler(HTTPException)
    async def stray(request: Request, error: HTTPException) -> Response:
        if request.scope["scheme"] == "https":
            metrics.strayed(str(error.status_code))
        return await http_exception_handler(request, error)


def named(**words: str) -> Facts:
    return {name: one_line(word, NAME_LENGTH) for name, word in words.items()}
