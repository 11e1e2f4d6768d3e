"""What the gateway needs of the world, and how it hears of trouble there: an API server, and upstreams."""

from collections.abc import AsyncIterator
from typing import Any, NamedTuple, Protocol

from webhook.gateway.grants.grant import Call

Json = dict[str, Any]


class Api(Protocol):
    """An API server. Each raises ApiError."""

    async def review(self, token: str) -> Json:
        """The TokenReview, answered."""

    async def pod(self, namespace: str, name: str) -> Json | None: ...

    async def pods(self) -> tuple[list[Json], str]:
        """Those that ask for grants, and the resourceVersion from which `pod_changes` goes on."""

    def pod_changes(self, version: str) -> AsyncIterator[Json]:
        """Events `{type, object}`, until the watch ends. A pod that lost its label is told as DELETED."""

    async def grants(self) -> tuple[list[Json], str]: ...

    def grant_changes(self, version: str) -> AsyncIterator[Json]: ...

    async def grant(self, uid: str) -> Json | None: ...

    async def create(self, grant: Json) -> Json:
        """409 where there is one of this name."""

    async def write(self, grant: Json) -> Json:
        """Its status. 409 where somebody else wrote it since, 404 where somebody deleted it."""

    async def delete(self, uid: str, version: str) -> None:
        """Also where there is none. 409 where somebody else wrote it since."""


class Answer(NamedTuple):
    """`done`: True; False where the upstream said no; None where nobody knows. `sentence` says what came, without secrets."""

    done: bool | None
    sentence: str


class Ask(Protocol):
    async def __call__(self, upstream: str, call: Call, revoke: bool) -> Answer: ...
