"""The floor of serving: a constant answer from the same uvicorn with the same settings, over the same TLS."""

import argparse
import asyncio
import os
import signal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import uvloop

from certs.follow import Follower
from webhook.log import log_to
from webhook.ports import bound
from webhook.serving.servers import Signals, serve
from webhook.serving.tls import server_context


class Constant:
    """Reads the body and answers so many bytes."""

    def __init__(self, length: int) -> None:
        self.state = SimpleNamespace(policy="")
        self._answer = b" " * length
        self._headers = [(b"content-type", b"application/json"), (b"content-length", str(length).encode())]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        while (await receive()).get("more_body"):
            pass
        await send({"type": "http.response.start", "status": 200, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._answer})


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("certificate", type=Path)
    parser.add_argument("key", type=Path)
    parser.add_argument("length", type=int)
    arguments = parser.parse_args()
    signals = Signals()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, signals.stop.set)
    app: Any = Constant(arguments.length)
    listeners = bound("127.0.0.1", 0), bound("127.0.0.1", 0)
    follower = Follower(arguments.certificate, arguments.key, server_context)
    await serve(app, follower, *listeners, signals, log_to(partial(os.write, 2)), lambda **_: None)


if __name__ == "__main__":
    uvloop.run(main())
