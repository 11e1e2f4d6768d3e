"""TLS on the connections that were accepted, within bounds: anybody who reaches the port may begin a handshake and never end it.

uvloop's own TLS shows a connection only when its handshake is over; until then each takes 50 KiB, and nobody can count them.
"""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any, cast

HANDSHAKE_SECONDS = 10


class Handshakes:
    """Makes the protocols of a server: each becomes what `new_protocol` makes once its connection is secured."""

    def __init__(self, context: ssl.SSLContext, new_protocol: Callable[..., asyncio.Protocol], limit: int) -> None:
        """Of more than `limit` that have begun, who came first goes first: a handshake takes milliseconds."""
        self._context, self._new_protocol, self._limit = context, new_protocol, limit
        self._begun: dict[_Handshake, None] = {}

    def __call__(self, **settings: Any) -> asyncio.Protocol:
        """`settings` are `new_protocol`'s own."""
        return _Handshake(self._context, lambda: self._new_protocol(**settings), self._begun, self._limit)


class _Handshake(asyncio.Protocol):
    """One connection until it is secured."""

    def __init__(
        self, context: ssl.SSLContext, new_protocol: Callable[[], asyncio.Protocol], begun: dict["_Handshake", None], limit: int
    ) -> None:
        self._context, self._new_protocol, self._begun, self._limit = context, new_protocol, begun, limit

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._begun[self] = None
        if len(self._begun) > self._limit:
            oldest = next(iter(self._begun))
            del self._begun[oldest]
            oldest._transport.abort()
        self._handshake = asyncio.get_running_loop().start_tls(
            self._transport, self, self._context, server_side=True, ssl_handshake_timeout=HANDSHAKE_SECONDS
        )
        # A task would begin later, when the caller's first words may have come to this protocol and not to TLS.
        self._handshake.send(None).add_done_callback(self._over)

    def _over(self, _: object) -> None:
        self._begun.pop(self, None)
        try:
            self._handshake.send(None)
        except StopIteration as end:
            secured = end.value
        except OSError:
            # No TLS, none of ours, or no word for too long.
            return
        if secured.is_closing():
            return
        protocol = self._new_protocol()
        secured.set_protocol(protocol)
        protocol.connection_made(secured)
