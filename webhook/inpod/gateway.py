"""What a pod says to the gateway: with its own token, and trusting nobody but the authorities that the pod was given."""

import http.client
import json
import os
import re
import socket
import ssl
from contextlib import closing
from urllib.parse import urlsplit

from webhook.inpod import contract

LARGEST = 65536
"""Bytes of an answer, or of a token, that are read."""
SHOWN = 1500
"""Characters of the gateway's words that are shown."""
REACHED_SECONDS = 10
"""For the connection alone: an address where nobody is any more says nothing, and soon another leads at another one."""
QUIET_SECONDS = 10
"""After which a machine that says nothing is asked, thrice, whether it is still there."""


class NotAuthorized(Exception):
    """Why not. By itself it is for what the container was given: the gateway is not even asked."""


class NotYet(NotAuthorized):
    """Nobody was there, or nobody could tell: it is worth asking again, after `after` seconds at the earliest."""

    def __init__(self, sentence: str, after: float = 0.0) -> None:
        super().__init__(sentence)
        self.after = after


class Refused(NotAuthorized):
    """To be told to a person: the gateway would say the same again."""


def authorize(url: str, token: str, seconds: float) -> str:
    """Asks at `url`, and returns what was granted, in a line. Raises NotAuthorized. `token`: the file that holds it."""
    return _judged(*_answer(url, token, seconds))


def release(url: str, token: str, seconds: float) -> None:
    """Says, beside the same `url`, that the pod needs no more what it was granted. Raises NotAuthorized where it is not heard."""
    _answer(f"{url.rpartition('/')[0]}/release", token, seconds)


def _answer(url: str, token: str, seconds: float) -> tuple[int, str, bytes]:
    """Status, Retry-After and body."""
    trusting, secret = _trusting(), _secret(token)
    parts = urlsplit(url)
    patience = min(seconds, REACHED_SECONDS)
    connection = http.client.HTTPSConnection(parts.hostname or "", parts.port, timeout=patience, context=trusting)
    try:
        with closing(connection):
            connection.connect()
            patience = seconds
            _wait_on(connection.sock, patience)
            connection.request("POST", parts.path, headers={"Authorization": f"Bearer {secret}"})
            response = connection.getresponse()
            return response.status, response.headers.get("Retry-After", ""), response.read(LARGEST)
    except ssl.SSLCertVerificationError as error:
        raise NotAuthorized(f"the gateway is not trusted: {error.verify_message}") from None
    except TimeoutError:
        raise NotYet(f"no answer from the gateway within {patience:.0f} s") from None
    except OSError as error:
        raise NotYet(f"the gateway cannot be reached: {error.strerror or error}") from None
    except http.client.HTTPException as error:
        raise NotYet(f"what the gateway answers is no HTTP, or breaks off ({type(error).__name__})") from None


def _wait_on(connected: socket.socket, seconds: float) -> None:
    """As long as its machine is there."""
    connected.settimeout(seconds)
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in ((socket.TCP_KEEPIDLE, QUIET_SECONDS), (socket.TCP_KEEPINTVL, QUIET_SECONDS), (socket.TCP_KEEPCNT, 3)):
        connected.setsockopt(socket.IPPROTO_TCP, option, value)


def _trusting() -> ssl.SSLContext:
    """Without an authority well-known ones would do."""
    try:
        if authority := os.environ.get(contract.AUTHORITY_VARIABLE):
            return ssl.create_default_context(cadata=authority)
    except (ssl.SSLError, ValueError):
        pass
    raise NotAuthorized(f"{contract.AUTHORITY_VARIABLE} names no authority that the gateway could be of")


def _secret(file: str) -> str:
    """Read each time, for the kubelet renews it. What is no token is not sent: an error that quoted it would show it."""
    try:
        with open(file, "rb") as opened:
            token = opened.read(LARGEST).strip()
    except OSError as error:
        raise NotAuthorized(f"the gateway cannot be asked: {file}: {error.strerror}") from None
    if not re.fullmatch(rb"[!-~]+", token):
        raise NotAuthorized(f"the gateway cannot be asked: {file} holds no token")
    return token.decode()


def _judged(status: int, after: str, body: bytes) -> str:
    try:
        said = json.loads(body)
        sentence = _one_line(said.get("sentence", ""))
    except (ValueError, AttributeError, RecursionError):
        said, sentence = {}, ""
    if status == 200 and isinstance(said.get("granted"), list):
        return _one_line(", ".join(map(str, said["granted"])))
    sentence = sentence or f"the gateway answered {status}"
    if status in (401, 403):
        raise Refused(f"not authorized: {sentence}")
    if after.isascii() and after.isdigit():
        raise NotYet(f"not authorized yet: {sentence} (again after {after} s)", float(after))
    raise NotYet(f"not authorized yet: {sentence}")


def _one_line(text: object) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(text)[:SHOWN])
