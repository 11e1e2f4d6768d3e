"""The webhook in front of a real API server: the command itself, over TLS, and the configuration that sends pods to it."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from uuid import uuid4

from webhook.admission.entries import PROFILE, Requirement, entries
from webhook.cli.manifests.configuration import rule
from webhook.policy.file import parse

from .access import Cluster, Object
from .creation import Answer, create
from .endpoints import Endpoint, certify, configuration, webhook
from .namespaces import namespaces
from .pods import pod
from .server_log import Event, ServerLog


class Served(NamedTuple):
    """A running server."""

    at: Endpoint
    log: ServerLog


@contextmanager
def served(host: str, policy_text: str, folder: Path, *options: str, kubeconfig: Path | None = None) -> Iterator[Served]:
    """`richpod serve` on a free port of `host`, its files in `folder`. `kubeconfig`: who it is to the API server."""
    policy = folder / "policy.yaml"
    policy.write_text(policy_text)
    authority = certify(host, folder)
    command = [sys.executable, "-m", "webhook", "serve", f"--policy={policy}", f"--host={host}", "--port=0", "--health-port=0"]
    command += [f"--tls-cert={folder}/tls.crt", f"--tls-key={folder}/tls.key"]
    account = {"KUBECONFIG": str(kubeconfig)} if kubeconfig else {}
    server = subprocess.Popen([*command, *options], env={**os.environ, **account}, stderr=subprocess.PIPE, text=True)
    assert server.stderr is not None
    log = ServerLog(server.stderr)
    try:
        serving = log.wait(lambda event: event["event"] == "serving")
        yield Served(Endpoint(host, serving["port"], authority), log)
    finally:
        server.send_signal(signal.SIGINT)
        server.wait(timeout=20)


def rich_configuration(name: str, policy_text: str, at: Endpoint) -> Object:
    """The MutatingWebhookConfiguration of a policy, narrowed to namespaces labelled `test-webhook: NAME`."""
    here = Requirement("test-webhook", "In", (name,))
    found = [(entry, _selector((*entry.namespace, here))) for entry in entries(parse(policy_text))]
    webhooks = [
        webhook(e.name, at, e.path, selector, objectSelector=_selector(e.pod), rules=list(map(rule, e.rules)))
        for e, selector in found
    ]
    return configuration(name, webhooks)


def _selector(requirements: tuple[Requirement, ...]) -> Object:
    expressions = [{"key": r.key, "operator": r.operator, "values": list(r.values)} for r in requirements]
    return {"matchExpressions": [{k: v for k, v in expression.items() if v} for expression in expressions]}


@contextmanager
def injecting(
    cluster: Cluster, policy_text: str, folder: Path, name: str, *options: str, kubeconfig: Path | None = None
) -> Iterator[dict[str, str]]:
    """Registers the served policy; yields the label that a namespace needs, beside richpod's own, to be sent here."""
    with in_force(cluster, policy_text, folder, name, *options, kubeconfig=kubeconfig):
        yield {"test-webhook": name}


@contextmanager
def in_force(
    cluster: Cluster, policy_text: str, folder: Path, name: str, *options: str, kubeconfig: Path | None = None
) -> Iterator[Served]:
    """The server of a policy, called for pods of namespaces labelled `test-webhook: NAME`."""
    with (
        served(cluster.host, policy_text, folder, *options, kubeconfig=kubeconfig) as server,
        registered(cluster, rich_configuration(name, policy_text, server.at), name),
    ):
        yield server


def _by_us(answer: Answer) -> bool:
    return any("no label selects" in warning for warning in answer.warnings)


@contextmanager
def registered(cluster: Cluster, webhooks: Object, label: str, arrived: Callable[[Answer], bool] = _by_us) -> Iterator[None]:
    """A configuration in force; it may be deleted inside the block.

    The API server learns of it a moment later: a pod is sent, again and again, in a namespace labelled `test-webhook: LABEL`
    with a profile that does not exist, until `arrived` sees in the answer, or elsewhere, that the webhook was called.
    """
    cluster.apply(webhooks)
    try:
        with namespaces(cluster) as make:
            marker = pod(make({"test-webhook": label, PROFILE: "no-such-profile"}), "marker")
            ended = monotonic() + 30
            while not arrived(create(cluster, marker)):
                if monotonic() > ended:
                    raise TimeoutError("the API server never called the webhook")
        yield
    finally:
        cluster.kubectl("delete", "mutatingwebhookconfiguration", "--ignore-not-found", webhooks["metadata"]["name"])


def calls(cluster: Cluster, server: Served, namespace: str) -> list[Event]:
    """The server's decisions on pods of an opted-in namespace, one for each call, in order.

    A line is written after its answer, so a marker pod is sent behind: when its line is there, the others are.
    """
    marker = f"marker-{uuid4().hex[:8]}"
    create(cluster, {**pod(namespace, "marker"), "metadata": {"name": marker, "namespace": namespace}})
    server.log.wait(lambda event: event.get("name") == marker)
    return [e for e in server.log.events if e.get("namespace") == namespace and not e["name"].startswith("marker-")]
