"""Puts images into a registry as its API wants it (distribution's specification, "Push"), without any client of registries."""

import ssl
from base64 import b64encode
from contextlib import closing
from http.client import HTTPConnection, HTTPSConnection
from urllib.parse import urlsplit

from tests.registry.images import Image, digest
from tests.registry.server import PASSWORD, SECONDS, Registry


def push(registry: Registry, repository: str, image: Image, tag: str = "", user: str = "") -> str:
    """Its digest. With all that it consists of; `tag`: "" for none."""
    with closing(_connection(registry)) as connection:
        _push(_Client(connection, user), f"/v2/{repository}", image, tag or image.digest)
    return image.digest


class _Client:
    def __init__(self, connection: HTTPConnection, user: str) -> None:
        self._connection = connection
        known = b64encode(f"{user}:{PASSWORD}".encode()).decode()
        self._headers = {"Authorization": f"Basic {known}"} if user else {}

    def ask(self, method: str, path: str, body: bytes = b"", media_type: str = "application/octet-stream") -> tuple[int, str]:
        """Status and location."""
        self._connection.request(method, path, body, {**self._headers, "Content-Type": media_type})
        with self._connection.getresponse() as response:
            said = response.read().decode()
            assert response.status in (200, 201, 202, 404), f"{method} {path}: {response.status} {said}"
            return response.status, response.headers["Location"] or ""


def _push(client: _Client, path: str, image: Image, name: str) -> None:
    for part in image.images:
        _push(client, path, part, part.digest)
    for blob in image.blobs:
        _upload(client, path, blob)
    status, _ = client.ask("PUT", f"{path}/manifests/{name}", image.manifest, image.media_type)
    assert status == 201


def _upload(client: _Client, path: str, blob: bytes) -> None:
    if client.ask("HEAD", f"{path}/blobs/{digest(blob)}")[0] == 404:
        _, location = client.ask("POST", f"{path}/blobs/uploads/")
        place = urlsplit(location)
        status, _ = client.ask("PUT", f"{place.path}?{place.query}&digest={digest(blob)}", blob)
        assert status == 201


def _connection(registry: Registry) -> HTTPConnection:
    if not registry.authority:
        return HTTPConnection(registry.host, timeout=SECONDS)
    return HTTPSConnection(registry.host, timeout=SECONDS, context=ssl.create_default_context(cadata=registry.authority))
