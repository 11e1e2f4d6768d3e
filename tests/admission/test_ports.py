"""Two ports: TLS for the API server, plain HTTP for probes and metrics; neither does the other's work."""

import socket
import ssl
from contextlib import closing

import orjson
import pytest

from tests.reviews import pod, review
from tests.running import DEFAULT, SECONDS, Running

BODY = orjson.dumps(review(pod()))
AEAD = {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}


def handshake(webhook: Running, context: ssl.SSLContext, name: str | None = "localhost") -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", webhook.port), SECONDS)
    return context.wrap_socket(plain, server_hostname=name)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@pytest.mark.parametrize("name", ["localhost", "127.0.0.1"], ids=["with SNI", "without SNI"])
def test_r60_tls_1_2_and_1_3_with_and_without_sni(webhook: Running, version: ssl.TLSVersion, name: str) -> None:
    context = ssl.create_default_context(cadata=webhook.authority)
    context.minimum_version = context.maximum_version = version
    with handshake(webhook, context, name) as connection:
        assert connection.version() == version.name.replace("_", ".")


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1")
def test_r60_tls_1_1_is_refused(webhook: Running) -> None:
    context = ssl.create_default_context(cadata=webhook.authority)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises(ssl.SSLError):
        handshake(webhook, context)


def test_r60_of_all_tls_1_2_suites_only_ecdhe_with_aead_are_accepted(webhook: Running) -> None:
    accepted = set()
    for suite in ssl.create_default_context().get_ciphers():
        context = ssl.create_default_context(cadata=webhook.authority)
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        if suite["protocol"] != "TLSv1.2" and suite["protocol"] != "TLSv1.0":
            continue
        context.set_ciphers(suite["name"])
        try:
            with handshake(webhook, context):
                accepted.add(suite["name"])
        except ssl.SSLError:
            continue
    assert accepted == AEAD


def test_r74_it_speaks_http_1_1_only(webhook: Running) -> None:
    context = ssl.create_default_context(cadata=webhook.authority)
    context.set_alpn_protocols(["h2", "http/1.1"])
    with handshake(webhook, context) as connection:
        assert connection.selected_alpn_protocol() == "http/1.1"


def test_plain_http_on_the_tls_port_ends_its_own_connection_only(webhook: Running) -> None:
    with closing(socket.create_connection(("127.0.0.1", webhook.port), SECONDS)) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert not connection.recv(100).startswith(b"HTTP")
    assert webhook.post(BODY).status == 200


def test_the_plain_port_has_health_readiness_and_metrics(webhook: Running) -> None:
    assert [webhook.health(path).status for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]


@pytest.mark.parametrize("path", ["/", "/healthz/", "/docs", "/redoc", "/openapi.json", "/unknown-profile", DEFAULT])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_r74_the_plain_port_has_nothing_else_and_admits_nobody(webhook: Running, path: str, method: str) -> None:
    assert webhook.health(path, method).status == 404


def test_a_header_does_not_turn_the_plain_port_into_the_other(webhook: Running) -> None:
    with closing(socket.create_connection(("127.0.0.1", webhook.health_port), SECONDS)) as connection:
        head = f"POST {DEFAULT} HTTP/1.1\r\nHost: x\r\nX-Forwarded-Proto: https\r\nContent-Length: {len(BODY)}\r\n\r\n"
        connection.sendall(head.encode() + BODY)
        assert connection.recv(65536).startswith(b"HTTP/1.1 404 ")
