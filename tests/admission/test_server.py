"""The webhook process: start, readiness, what it weighs, and its end."""

import fcntl
import os
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.reviews import pod, review
from tests.serving import DEFAULT, SECONDS, Files, exchange, process
from webhook.admission import server

BODY = orjson.dumps(review(pod()))


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Files:
    return Files(tmp_path_factory.mktemp("own"))


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
    other = Files(tmp_path).key
    assert f"{other}: is not the key of the certificate in {own.certificate}" in refused(own, tls_key=str(other))


def test_r70_a_certificate_and_a_key_in_each_others_place_are_told_apart(own: Files) -> None:
    said = refused(own, tls_cert=str(own.key), tls_key=str(own.certificate))
    assert f"{own.key}: holds no PEM certificate" in said


def test_r70_a_key_with_a_password_is_refused_without_asking(own: Files, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    command = ["openssl", "pkey", "-in", str(own.key), "-aes256", "-passout", "pass:x", "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    ours, theirs = os.openpty()
    with open(ours, "rb"), open(theirs, "rb") as terminal:
        # A process with a terminal of its own is where OpenSSL would ask.
        own_terminal = partial(fcntl.ioctl, theirs, termios.TIOCSCTTY, 0)
        assert f"{locked}: is locked with a password" in refused(own, terminal, own_terminal, tls_key=str(locked))


def test_a_port_that_is_taken_is_said(own: Files) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        assert "in use" in refused(own, port=str(taken.getsockname()[1]))


@pytest.mark.parametrize("option", ["port", "health_port"])
@pytest.mark.parametrize("written", ["99999", "65536", "-1", "https"])
def test_a_port_that_is_none_is_said(own: Files, option: str, written: str) -> None:
    said = refused(own, **{option: written})
    assert f"argument --{option.replace('_', '-')}: {written!r} is no port: write a number from 0 to 65535" in said


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
