"""What replicas serve, seen by real handshakes."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest

from certs.authority import Pair, new_authority, new_leaf
from webhook.certificates.replicas import replicas, served

NOW = datetime.now(UTC)
AUTHORITY = new_authority("richpod", NOW, timedelta(days=1))


@contextmanager
def replica(folder: Path, pair: Pair | None) -> Iterator[tuple[str, int]]:
    """Answers one handshake; without a pair as the webhook does that has none yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    if pair:
        (folder / "pair.pem").write_bytes(pair.certificate + pair.key)
        context.load_cert_chain(folder / "pair.pem")
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=_answer, args=(listener, context))
        thread.start()
        yield listener.getsockname()
        thread.join()


def _answer(listener: socket.socket, context: ssl.SSLContext) -> None:
    connection, _ = listener.accept()
    try:
        context.wrap_socket(connection, server_side=True).close()
    except (ssl.SSLError, OSError):
        connection.close()


def test_each_replica_shows_what_it_serves_signed_by_whomever(tmp_path: Path) -> None:
    leaf = new_leaf(AUTHORITY, ("richpod",), NOW, timedelta(days=1))
    with replica(tmp_path, leaf) as one, replica(tmp_path, None) as none:
        assert served([one, none]) == {leaf.certificate, b""}


def test_a_replica_that_does_not_listen_serves_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    assert served([address]) == {b""}
    assert served([]) == frozenset()


def test_a_replica_that_does_not_answer_may_serve_anything(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("webhook.certificates.replicas.TIMEOUT", 0.2)
    leaf = new_leaf(AUTHORITY, ("richpod",), NOW, timedelta(days=1))
    with socket.create_server(("127.0.0.1", 0)) as silent, replica(tmp_path, leaf) as one:
        assert served([one, silent.getsockname()]) is None
    assert served(None) is None


def test_every_address_of_a_name_is_a_replica() -> None:
    assert ("127.0.0.1", 8443) in (replicas("localhost") or ())
