"""What comes back from a program in a container, as the API server sends it (seen on Kubernetes 1.36), and as a stranger may."""

import json
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha1
from socket import create_server, socket
from threading import Thread
from typing import Any

import pytest
from websocket import ABNF, WebSocket, create_connection

from webhook.errors import ApiError
from webhook.execution import MOST_BYTES, Executed, executed

SUCCESS = {"metadata": {}, "status": "Success"}
CODE_3 = {
    "metadata": {},
    "status": "Failure",
    "message": "command terminated with non-zero exit code: command terminated with exit code 3",
    "reason": "NonZeroExitCode",
    "details": {"causes": [{"reason": "ExitCode", "message": "3"}]},
}
NOT_STARTED = {"metadata": {}, "status": "Failure", "message": "stat /no: no such file", "reason": "InternalError", "code": 500}

Said = tuple[int, bytes]
"""Channel and bytes."""
Speak = Callable[[socket], None]


def frame(channel: int, text: bytes) -> bytes:
    """From a server: not masked."""
    made = ABNF.create_frame(bytes([channel]) + text, ABNF.OPCODE_BINARY)
    made.mask_value = 0
    return bytes(made.format())


CLOSE = b"\x88\x02\x03\xe8"


@pytest.fixture
def connected() -> Iterator[Callable[[Speak], WebSocket]]:
    """A connection to whoever speaks so."""
    threads = []
    with create_server(("127.0.0.1", 0)) as server:

        def serve(speak: Speak) -> None:
            client, _ = server.accept()
            with client, suppress(OSError):
                asked = b""
                while b"\r\n\r\n" not in asked:
                    asked += client.recv(4096)
                key = asked.split(b"Sec-WebSocket-Key: ")[1].split(b"\r\n")[0]
                accepted = b64encode(sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())
                upgrade = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                client.sendall(upgrade + b"Sec-WebSocket-Accept: " + accepted + b"\r\n\r\n")
                speak(client)
                while client.recv(4096):  # until it goes
                    pass

        def connect(speak: Speak) -> WebSocket:
            threads.append(Thread(target=serve, args=(speak,)))
            threads[-1].start()
            return create_connection(f"ws://127.0.0.1:{server.getsockname()[1]}", timeout=10)

        yield connect
        for thread in threads:
            thread.join()


Connected = Callable[[Speak], WebSocket]


def saying(*said: Said, status: Any = SUCCESS) -> Speak:
    def speak(client: socket) -> None:
        for channel, text in (*said, (3, json.dumps(status).encode())):
            client.sendall(frame(channel, text))
        client.sendall(CLOSE)

    return speak


def test_what_it_writes_is_told_apart_and_put_together(connected: Connected) -> None:
    """The first frame of a channel may be empty, a letter may be parted, and there are channels that nobody knows."""
    speak = saying((1, b""), (1, b"on\xc3"), (2, b"richpod: "), (7, b"?"), (1, b"\xbc\n"), (2, b"online\n"))
    assert executed(connected(speak), 10) == Executed(0, "onü\n", "richpod: online\n")


def test_its_exit_code_is_what_the_status_says(connected: Connected) -> None:
    assert executed(connected(saying((1, b"\xff"), status=CODE_3)), 10) == Executed(3, "\N{REPLACEMENT CHARACTER}", "")


def test_what_could_not_be_started_is_said(connected: Connected) -> None:
    with pytest.raises(ApiError, match="stat /no: no such file") as said:
        executed(connected(saying(status=NOT_STARTED)), 10)
    assert (said.value.status, said.value.reason) == (500, "InternalError")


@pytest.mark.parametrize(
    "status", [None, [], {}, {"status": "Failure"}, CODE_3 | {"details": {"causes": []}}, NOT_STARTED | {"code": "x"}]
)
def test_without_a_status_nobody_knows_how_it_ended(connected: Connected, status: Any) -> None:
    with pytest.raises(ApiError, match="the connection ended before what was executed") as said:
        executed(connected(saying(status=status)), 10)
    assert said.value.status == 0


def test_a_connection_that_is_lost_is_said(connected: Connected) -> None:
    def speak(client: socket) -> None:
        client.sendall(frame(1, b"half")[:-1])
        client.shutdown(1)

    with pytest.raises(ApiError, match="the connection ended before what was executed"):
        executed(connected(speak), 10)


def test_who_talks_without_end_is_not_listened_to(connected: Connected) -> None:
    def speak(client: socket) -> None:
        while True:
            client.sendall(frame(1, b"y\n" * 1000))

    with pytest.raises(ApiError, match=f"says more than {MOST_BYTES} bytes"):
        executed(connected(speak), 10)


@pytest.mark.parametrize("says", [b"", frame(1, b""), b"\x89\x00"], ids=["nothing", "little", "a ping"])
def test_who_does_not_end_in_time_is_left(connected: Connected, says: bytes) -> None:
    began = time.monotonic()
    with pytest.raises(ApiError, match="has not ended after 0 s") as said:
        executed(connected(lambda client: client.sendall(says)), 0.3)
    assert said.value.reason == "Timeout"
    assert time.monotonic() - began < 5
