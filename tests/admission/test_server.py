"""The webhook process: start, readiness, TLS, what it weighs, and its end."""

import fcntl
import os
import signal
import socket
import ssl
import subprocess
import sys
import termios
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from http.client import HTTPResponse
from pathlib import Path
from time import monotonic
from typing import Any

import orjson
import pytest

from tests.reviews import pod, review
from tests.serving import DEFAULT, SECONDS, Files, Running, exchange, process, thread
from webhook.admission import protocol, server
from webhook.admission.context import no_resolver
from webhook.policy import Policy

BODY = orjson.dumps(review(pod()))
AEAD = {"ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-ECDSA-CHACHA20-POLY1305"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("own"))


# --- start ---


def refused(
    files: Files, stdin: Any = subprocess.DEVNULL, before: Callable[[], object] | None = None, text: str = "{}", **instead: str
) -> str:
    """What a start that fails says; the exit code is 2 and there is no traceback."""
    words = files.arguments(text)
    for option, value in instead.items():
        words[words.index(f"--{option.replace('_', '-')}") + 1] = value
    command = [sys.executable, "-m", "webhook", "serve", *words]
    ended = subprocess.run(command, capture_output=True, timeout=SECONDS, stdin=stdin, start_new_session=True, preexec_fn=before)
    said = ended.stderr.decode()
    assert ended.returncode == 2, said
    assert "Traceback" not in said
    return said


def test_r70_a_policy_with_a_mistake_never_serves(own: Files) -> None:
    said = refused(own, text="profiles:\n  default: {features: {intt: launch}}\n")
    assert said.startswith(f"{own.policy}:2: profiles.default.features.intt: unknown key; did you mean init?")


@pytest.mark.parametrize("option", ["policy", "tls_cert", "tls_key"])
def test_r70_a_missing_file_is_named(own: Files, option: str) -> None:
    assert "/nowhere/file" in refused(own, **{option: "/nowhere/file"})


def test_r70_a_key_that_is_another_certificates_never_serves(own: Files, tmp_path: Path) -> None:
    assert "key values mismatch" in refused(own, tls_key=str(Files(tmp_path).key))


def test_r70_a_key_with_a_password_is_refused_without_asking(own: Files, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    command = ["openssl", "pkey", "-in", str(own.key), "-aes256", "-passout", "pass:x", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    ours, theirs = os.openpty()
    with open(ours, "rb"), open(theirs, "rb") as terminal:
        # A process with a terminal of its own is where OpenSSL would ask.
        own_terminal = partial(fcntl.ioctl, theirs, termios.TIOCSCTTY, 0)
        assert str(locked) in refused(own, terminal, own_terminal, tls_key=str(locked))


def test_a_port_that_is_taken_is_said(own: Files) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        assert "in use" in refused(own, port=str(taken.getsockname()[1]))


def test_r70_readiness_comes_with_the_certificate_the_policy_and_a_mutation(own: Files) -> None:
    with process(own) as (running, _):
        assert (running.health("/readyz").status, running.metric("richpod_ready")) == (200, 1)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_cleanly_and_idle_connections_with_it(own: Files, number: signal.Signals) -> None:
    with process(own) as (running, child), closing(running.connection()) as connection:
        assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        child.send_signal(number)
        assert connection.sock.recv(1) == b""
        connection.close()
        assert child.wait(SECONDS) == 0


def test_r69_a_stalled_upload_does_not_hold_up_the_end(own: Files) -> None:
    with process(own) as (running, child), running.socket() as connection:
        connection.sendall(f"POST {DEFAULT}?timeout=30s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode())
        running.await_metric("richpod_admission_in_flight", 1)
        child.send_signal(signal.SIGTERM)
        assert child.wait(server.GRACE + 3) == 0


def test_it_weighs_at_most_64_mib(own: Files) -> None:
    with process(own) as (running, child):
        assert running.post(BODY).status == 200
        pages = int(Path(f"/proc/{child.pid}/statm").read_text().split()[1])
        assert pages * 4096 <= 64 * 1024 * 1024


def test_the_process_imports_no_kubernetes_client_and_no_command_line_tools() -> None:
    script = "import sys, webhook.admission.server; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.decode().split()
    assert not {"kubernetes", "jsonpatch", "cryptography", "rich", "ruamel", "webhook.cli"} & set(modules)


# --- TLS ---


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


# --- the plain port ---


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


# --- connections on which nothing is said, or no end is found ---


def test_r67_idle_connections_outlive_the_api_servers_own_90_seconds() -> None:
    assert server.KEEP_ALIVE > 90


@pytest.fixture(scope="module")
def hasty(own: Files) -> Iterator[Running]:
    """The same server, its clocks a hundred times as fast."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(server, "KEEP_ALIVE", 1)
        patch.setattr(protocol, "HEAD_SECONDS", 0.2)
        with thread(own, Policy(), no_resolver) as running:
            yield running


@pytest.mark.parametrize("said", [b"", f"POST {DEFAULT} HTTP/1.1\r\nContent-Length: {len(BODY)}\r\n\r\n".encode() + BODY])
def test_a_connection_ends_when_nothing_was_asked_for_so_long(hasty: Running, said: bytes) -> None:
    with hasty.socket() as connection:
        connection.sendall(said)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 ") == bool(said)


@pytest.mark.parametrize("before", [False, True], ids=["first", "after a call"])
def test_r69_a_head_that_does_not_end_is_given_up(hasty: Running, before: bool) -> None:
    with closing(hasty.connection()) as connection:
        connection.connect()
        if before:
            assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        connection.sock.sendall(b"POST / HTTP/1.1\r\nHost: x")
        assert connection.sock.recv(100) == b""


def test_a_connection_in_use_outlives_all_these_clocks(hasty: Running) -> None:
    head = f"POST {DEFAULT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(BODY)}\r\n\r\n".encode()
    with closing(hasty.connection()) as connection:
        connection.connect()
        opened, end = connection.sock, monotonic() + 1.3
        # the first head comes in two pieces: between them the server has done something else
        opened.sendall(head[:20])
        assert hasty.post(BODY).status == 200
        opened.sendall(head[20:] + BODY)
        answer = HTTPResponse(opened, method="POST")
        answer.begin()
        assert (answer.status, bool(answer.read())) == (200, True)
        while monotonic() < end:
            assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        assert connection.sock is opened


def test_r73_a_head_without_end_is_not_kept_in_memory(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(b"POST / HTTP/1.1\r\n")
        with pytest.raises(OSError, match=r"pipe|reset|closed|EOF"):
            connection.sendall((b"X: " + b"x" * 16_000 + b"\r\n") * 10_000)
    assert webhook.post(BODY).status == 200
