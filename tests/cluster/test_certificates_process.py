"""The process: it sees changes, outlives its API server, shows metrics, and ends at once."""

import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest

from .access import Cluster
from .processes import until
from .server_log import ServerLog

pytestmark = pytest.mark.cluster
ENTRY = {
    "name": "one.richpod.io",
    "clientConfig": {"service": {"namespace": "nowhere", "name": "richpod", "port": 443}},
    "sideEffects": "None",
    "admissionReviewVersions": ["v1"],
}


@pytest.fixture(scope="module")
def alone(alone: Cluster) -> Iterator[Cluster]:
    """An API server in which the installation's own names are free."""
    alone.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "richpod-system"}})
    configure(alone, "one.richpod.io")
    yield alone
    for process in RESTARTED:
        process.kill()
        process.wait()


def configure(cluster: Cluster, *names: str) -> None:
    metadata = {"name": "richpod"}
    webhooks = [{**ENTRY, "name": name} for name in names]
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "MutatingWebhookConfiguration"}
    cluster.apply({**kind, "metadata": metadata, "webhooks": webhooks})


def bundles(cluster: Cluster) -> list[str]:
    found = json.loads(cluster.kubectl("get", "mutatingwebhookconfiguration", "richpod", "-o", "json"))
    return [entry["clientConfig"].get("caBundle", "") for entry in found["webhooks"]]


@contextmanager
def running(kubeconfig: Path) -> Iterator[tuple[subprocess.Popen[str], ServerLog]]:
    command = [sys.executable, "-m", "webhook", "certs", "--health-port=0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env={**os.environ, "KUBECONFIG": str(kubeconfig)})
    assert process.stderr
    try:
        yield process, ServerLog(process.stderr)
    finally:
        process.kill()
        process.wait()


def test_a_new_entry_gets_its_bundle_within_seconds(alone: Cluster) -> None:
    with running(alone.kubeconfig) as (_, log):
        log.wait(lambda event: event["event"] in ("in-step", "waiting"))
        configure(alone, "one.richpod.io", "two.richpod.io")
        begun = monotonic()
        until("the bundle", lambda: all(bundles(alone)), seconds=10)
        assert monotonic() - begun < 10
        assert len(set(bundles(alone))) == 1


def test_r58_it_answers_probes_and_shows_its_metrics(alone: Cluster) -> None:
    with running(alone.kubeconfig) as (_, log):
        port = log.wait(lambda event: event["event"] == "started")["health_port"]
        for path, content in {"metrics": b"richpod_certs_in_step", "healthz": b"ok", "readyz": b"ready"}.items():
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}", timeout=5) as answer:
                assert content in answer.read()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_at_once(alone: Cluster, number: signal.Signals) -> None:
    with running(alone.kubeconfig) as (process, log):
        log.wait(lambda event: event["event"] == "started")
        begun = monotonic()
        process.send_signal(number)
        assert process.wait(timeout=5) == 0
        assert monotonic() - begun < 1


def test_an_api_server_that_is_restarted_is_told_once_and_waited_for(alone: Cluster) -> None:
    with running(alone.kubeconfig) as (process, log):
        log.wait(lambda event: event["event"] in ("in-step", "waiting"))
        with away(alone):
            log.wait(lambda event: event.get("problem") == "unreachable", seconds=90)
        log.wait(lambda event: event["event"] == "solved" and event["problem"] == "unreachable", seconds=60)
        until("kubectl", lambda: alone.kubectl("get", "namespaces"))
        configure(alone, "three.richpod.io")
        until("the bundle", lambda: all(bundles(alone)), seconds=10)
        told = [event for event in log.events if event["event"] == "problem" and event["problem"] == "unreachable"]
        assert len(told) == 1
        assert process.poll() is None


@contextmanager
def away(cluster: Cluster) -> Iterator[None]:
    """Its process is killed, and started again behind the block."""
    port = cluster.api.configuration.host.rsplit(":", 1)[1]
    (found,) = (folder for folder in Path("/proc").glob("[0-9]*") if f"--secure-port={port}".encode() in _words(folder))
    command = _words(found)
    os.kill(int(found.name), signal.SIGKILL)
    try:
        yield
    finally:
        RESTARTED.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


RESTARTED: list[subprocess.Popen[bytes]] = []
"""Ended with the API server that each continues."""


def _words(process: Path) -> list[bytes]:
    try:
        return (process / "cmdline").read_bytes().split(b"\0")[:-1]
    except OSError:
        return []
