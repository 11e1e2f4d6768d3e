"""The webhook process: start, readiness, what it weighs, and its end."""

import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from typing import Any

import orjson
import pytest

from tests.reviews import pod, review
from tests.running import DEFAULT, SECONDS, Files, exchange, process, resident
from webhook.serving import servers

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


def test_r70_a_missing_policy_is_named(own: Files) -> None:
    assert "/nowhere/file" in refused(own, policy="/nowhere/file")


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


def test_a_signal_ends_it_cleanly_and_idle_connections_with_it(own: Files) -> None:
    with process(own) as (running, child), closing(running.connection()) as connection:
        assert exchange(connection, "POST", DEFAULT, BODY).status == 200
        child.send_signal(signal.SIGINT)
        assert connection.sock.recv(1) == b""
        connection.close()
        assert child.wait(SECONDS) == 0


@pytest.mark.parametrize("second", [signal.SIGTERM, signal.SIGINT])
def test_r68_sigterm_makes_it_unready_and_it_serves_on_until_a_second_signal(own: Files, second: signal.Signals) -> None:
    with process(own) as (running, child):
        child.send_signal(signal.SIGTERM)
        running.log.event("draining")
        assert (running.health("/readyz").status, running.health("/healthz").status) == (503, 200)
        assert running.post(BODY).headers["connection"] == "close"
        child.send_signal(second)
        assert child.wait(SECONDS) == 0


def test_r69_a_stalled_upload_does_not_hold_up_the_end(own: Files) -> None:
    with process(own) as (running, child), running.socket() as connection:
        connection.sendall(f"POST {DEFAULT}?timeout=30s HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n".encode())
        running.await_metric("richpod_admission_in_flight", 1)
        child.send_signal(signal.SIGINT)
        assert child.wait(servers.GRACE + 3) == 0


def test_it_may_open_as_many_connections_as_the_system_allows(own: Files) -> None:
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most // 2, most))
    try:
        with process(own) as (_, child):
            assert resource.prlimit(child.pid, resource.RLIMIT_NOFILE) == (most, most)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (before, most))


def test_its_memory_stays_near_the_goal_that_the_benchmarks_measure(own: Files) -> None:
    """The goal is 64 MiB as it is installed; here bytecode may be missing, and pages of libraries come as the cache has them."""
    with process(own) as (running, child):
        assert running.post(BODY).status == 200
        assert resident(child.pid) <= 72 * 1024 * 1024


def test_the_process_imports_no_kubernetes_client_and_no_command_line_tools() -> None:
    script = "import sys, webhook.admission.server; print(*sys.modules)"
    modules = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout.decode().split()
    assert not {"kubernetes", "jsonpatch", "rich", "ruamel", "webhook.cli"} & set(modules)
