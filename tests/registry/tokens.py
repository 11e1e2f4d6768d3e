"""A server of tokens as Docker's registries know them: who knows a password gets leave to pull what is granted to them.

The token is a JWT, signed by a key whose certificate it brings along (distribution's "Token Authentication Specification").
"""

import json
import ssl
import threading
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from certs.authority import Pair, new_leaf
from tests.registry.server import DAY, PASSWORD, Tokens

SERVICE = "test"
SECONDS = 300
"""For which a token is good."""


@contextmanager
def token_server(folder: Path, signer: Pair, granted: Mapping[str, Collection[str]]) -> Iterator[tuple[Tokens, list[str]]]:
    """What the registry must know, and the users that asked for tokens so far, "" for who said nothing.

    `granted`: user to repositories; whose password is not PASSWORD gets no token at all.
    """
    leaf = new_leaf(signer, ("localhost", "127.0.0.1"), datetime.now(UTC), DAY)
    (folder / "tokens.crt").write_bytes(leaf.certificate)
    (folder / "tokens.key").write_bytes(leaf.key)
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            user, password = _basic(self.headers["Authorization"] or "")
            asked.append(user)
            if user and password != PASSWORD:
                return self._answer(401, {"details": "incorrect username or password"})
            query = parse_qs(urlsplit(self.path).query)
            access = [_access(scope, granted.get(user, ())) for scope in query.get("scope", ())]
            return self._answer(200, {"token": _token(leaf, user, access), "expires_in": SECONDS})

        def _answer(self, status: int, said: dict[str, Any]) -> None:
            body = json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Nothing: the list tells."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tokens.crt", folder / "tokens.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield Tokens(f"https://127.0.0.1:{server.server_port}/token", SERVICE, signer.certificate.decode()), asked
        finally:
            server.shutdown()
            thread.join()


def _basic(header: str) -> tuple[str, str]:
    user, _, password = b64decode(header.removeprefix("Basic ")).decode().partition(":")
    return user, password


def _access(scope: str, repositories: Collection[str]) -> dict[str, Any]:
    kind, _, rest = scope.partition(":")
    name, _, _ = rest.rpartition(":")
    return {"type": kind, "name": name, "actions": ["pull"] if name in repositories else []}


def _token(leaf: Pair, user: str, access: list[dict[str, Any]]) -> str:
    now = int(datetime.now(UTC).timestamp())
    header = {"typ": "JWT", "alg": "ES256", "x5c": ["".join(leaf.certificate.decode().splitlines()[1:-1])]}
    claims = {"iss": SERVICE, "aud": SERVICE, "sub": user, "jti": "1", "iat": now, "nbf": now - 5, "exp": now + SECONDS}
    signed = ".".join(_coded(json.dumps(part).encode()) for part in (header, {**claims, "access": access}))
    key = load_pem_private_key(leaf.key, None)
    assert isinstance(key, EllipticCurvePrivateKey)
    numbers = decode_dss_signature(key.sign(signed.encode(), ECDSA(SHA256())))
    return f"{signed}.{_coded(b''.join(number.to_bytes(32) for number in numbers))}"


def _coded(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
