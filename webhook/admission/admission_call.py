"""The admission call over HTTP: a pure ASGI middleware that answers it before any routing.

Whatever comes over TLS is answered here; what comes over the plain port is none of its business. Every refusal is an HTTP status
that the API server counts as a failed call, so that failurePolicy decides; none is ever a redirect, which it would follow.
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import Any, Protocol

from starlette.types import ASGIApp, Receive, Scope, Send

from webhook.admission.body import Bodies, Gone, budget
from webhook.admission.decision import decision
from webhook.admission.envelope import request_of
from webhook.admission.metrics import Metrics
from webhook.admission.pipeline import Wanted
from webhook.admission.pod import NOTHING, Known
from webhook.admission.review import Answer
from webhook.errors import BadReview
from webhook.log import NAME_LENGTH, Log, failure
from webhook.printable import one_line

_ENTRANCE = re.compile(r"/mutate/[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?/[a-z]+")
_CLOSE = (b"connection", b"close")
_MORE = {405: [(b"allow", b"POST")], 503: [(b"retry-after", b"1")]}
_INTERNAL = "richpod failed; the log of the webhook says where"
"""The API server shows this to users, so it says nothing about the inside."""


class Admit(Protocol):
    """A body to its answer, by what is `known` of its images. Raises BadReview."""

    def __call__(self, body: bytes, *, known: Known = NOTHING) -> Answer: ...


Find = Callable[[Wanted, str, float, int], Awaitable[Known]]
"""What is wanted to be known of a pod's images: for which namespace, within how many seconds, while how many bytes wait."""


@dataclass(frozen=True)
class Entrance:
    """A path of the webhook configuration, and what answers there."""

    profile: str
    level: str
    admit: Admit


class AdmissionCall:
    """The middleware; `entrances` by path. Without `find` no registry is asked."""

    def __init__(self, app: ASGIApp, entrances: Mapping[str, Entrance], find: Find | None, metrics: Metrics, log: Log) -> None:
        self._app, self._entrances, self._find, self._metrics, self._log = app, entrances, find, metrics, log
        self._bodies = Bodies(metrics.in_flight)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["scheme"] != "https":
            await self._app(scope, receive, send)
            return
        started = perf_counter()
        body = b""
        try:
            entrance = self._entrance(scope)
            body = await self._bodies.read(scope, receive)
            answer = entrance.admit(body)
            if answer.wanted is not None and self._find is not None:
                seconds = budget(scope["query_string"]) - (perf_counter() - started)
                known = await self._find(answer.wanted, answer.namespace, seconds, len(body))
                answer = entrance.admit(body, known=known)
        except BadReview as error:
            await self._refuse(scope, send, error.status, str(error), sentence=error.sentence)
        except Gone:
            self._metrics.errors[("gone",)].inc()
        except Exception as error:
            await self._refuse(scope, send, 500, _INTERNAL, **_whose(body), **failure(error))
        else:
            length = str(len(answer.body)).encode()
            headers = [(b"content-type", b"application/json"), (b"content-length", length)]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            await send({"type": "http.response.body", "body": answer.body})
            seconds = perf_counter() - started
            self._log("admission", **decision(answer, entrance.profile, entrance.level, seconds))
            self._metrics.answered(answer, entrance.profile, entrance.level, len(body), seconds)

    def _entrance(self, scope: Scope) -> Entrance:
        path = scope["path"]
        entrance = self._entrances.get(path)
        if entrance is None and not _ENTRANCE.fullmatch(path):
            raise BadReview(404, "there is nothing here")
        if scope["method"] != "POST":
            raise BadReview(405, "an AdmissionReview is sent with POST")
        if entrance is None:
            # Another replica may have a newer policy: the API server asks again, over a new connection.
            raise BadReview(503, "this replica does not know the profile or level")
        return entrance

    async def _refuse(self, scope: Scope, send: Send, status: int, text: str, **facts: Any) -> None:
        """Ends the connection, too: nothing of this request, read or unread, may touch the next one."""
        said = text.encode()
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(said)).encode()), _CLOSE]
        await send({"type": "http.response.start", "status": status, "headers": headers + _MORE.get(status, [])})
        await send({"type": "http.response.body", "body": said})
        self._metrics.errors[(str(status),)].inc()
        path, caller = one_line(scope["path"], NAME_LENGTH), (scope["client"] or [""])[0]
        self._log("refused-call", status=status, path=path, caller=caller, **facts)


def _whose(body: bytes) -> dict[str, str]:
    """Whose pod our own failure hit: a body that is no review would have been refused."""
    if not body:
        return {}
    request = request_of(body)
    said = {"uid": request["uid"], "namespace": request.get("namespace"), "name": request.get("name")}
    return {key: one_line(text or "", NAME_LENGTH) for key, text in said.items()}
