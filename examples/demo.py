"""Starts the webhook as it runs in a cluster, asks it over TLS about the pods of a legacy application, shows what it answers.

Nothing is installed or left behind: the certificate is made for the occasion, the ports are free ones of this machine, and the
part of the API server is played below: it chooses the entry, sends the AdmissionReview and applies the patch.
"""

import difflib
import json
import signal
import ssl
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any
from uuid import uuid4

import jsonpatch
import yaml

from certs.authority import new_authority, new_leaf
from webhook.admission.entries import Entry, entries, match
from webhook.admission.workloads import Workload, pod, workloads
from webhook.cli.terminal import STYLES, Line, show
from webhook.policy.file import load

APPLICATION = Path(__file__).parent / "legacy-app"
POLICY = APPLICATION / "policy.yaml"
SECONDS = 10

Json = dict[str, Any]


def main() -> int:
    namespace, *_ = documents("namespace.yaml")
    with tempfile.TemporaryDirectory() as folder, webhook(Path(folder)) as (server, connection):
        for document in documents("app.yaml"):
            for workload in workloads(document):
                ask(connection, server, workload, namespace)
    say("\nWhat decided each pod", "bold")
    sys.stdout.flush()
    explain = [sys.executable, "-m", "webhook", "explain", "-f", str(APPLICATION), "--policy", str(POLICY)]
    return subprocess.run(explain).returncode


@contextmanager
def webhook(folder: Path) -> Iterator[tuple[subprocess.Popen[str], HTTPSConnection]]:
    """The running webhook, and a connection that trusts its certificate and no other."""
    now = datetime.now(UTC)
    authority = new_authority("demo", now, timedelta(hours=1))
    leaf = new_leaf(authority, ("localhost",), now, timedelta(hours=1))
    (folder / "tls.crt").write_bytes(leaf.certificate)
    (folder / "tls.key").write_bytes(leaf.key)
    files = ["--policy", str(POLICY), "--tls-cert", str(folder / "tls.crt"), "--tls-key", str(folder / "tls.key")]
    command = [sys.executable, "-m", "webhook", "serve", *files, "--host", "127.0.0.1", "--port", "0", "--health-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            port = logged(server, "serving")["port"]
            say(f"richpod serves on port {port}: TLS, a certificate of its own, the policy {POLICY.name}", "bold")
            trust = ssl.create_default_context(cadata=authority.certificate.decode())
            with closing(HTTPSConnection("localhost", port, timeout=SECONDS, context=trust)) as connection:
                yield server, connection
        finally:
            server.send_signal(signal.SIGINT)


def ask(connection: HTTPSConnection, server: subprocess.Popen[str], workload: Workload, namespace: Json) -> None:
    """One pod's way through the webhook."""
    name, labels = namespace["metadata"]["name"], namespace["metadata"]["labels"]
    before = pod(workload, name)
    say(f"\n{workload.kind} {workload.name}, namespace {name} ({', '.join(f'{k}: {v}' for k, v in labels.items())})", "bold")
    entry = entry_for(before, {"kubernetes.io/metadata.name": name, **labels})
    if entry is None:
        say("  no entry of the webhook configuration matches: no call is made")
        return
    say(f"  entry {entry.name}: POST {entry.path}")
    response = answer(connection, entry.path, before, name)
    patch = json.loads(b64decode(response.get("patch", "W10=")))
    say(f"\n  patch, {len(patch)} operations", "bold")
    for operation in patch:
        say(f"    {json.dumps(operation, ensure_ascii=False)}")
    say("\n  diff", "bold")
    for line in diff(before, jsonpatch.apply_patch(before, patch)):
        say(f"    {line}", {"+": "green", "-": "red"}.get(line[0], ""))
    say("\n  trace", "bold")
    for feature, verdict in response.get("auditAnnotations", {}).items():
        say(f"    {feature}: {verdict}", STYLES.get(verdict.split(":")[0], ""))
    for warning in response.get("warnings", ()):
        say(f"    warning to the user: {warning}", "yellow")
    if not response["allowed"]:
        say(f"    denied: {response['status']['message']}", "red")
    say(f"    log: {json.dumps(logged(server, 'admission'), ensure_ascii=False)}")


def entry_for(pod: Json, namespace_labels: dict[str, str]) -> Entry | None:
    """The entry whose selectors match, as the API server finds it."""
    policy = load(str(POLICY))
    return match(entries(policy), namespace_labels, pod["metadata"].get("labels") or {})


def answer(connection: HTTPSConnection, path: str, pod: Json, namespace: str) -> Json:
    """The `response` to a review of this pod's creation."""
    request = {
        "uid": str(uuid4()),
        "kind": {"group": "", "version": "v1", "kind": "Pod"},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "namespace": namespace,
        "operation": "CREATE",
        "userInfo": {"username": "system:serviceaccount:kube-system:replicaset-controller"},
        "object": pod,
        "oldObject": None,
        "dryRun": False,
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    connection.request("POST", f"{path}?timeout=5s", json.dumps(review), {"Content-Type": "application/json"})
    with connection.getresponse() as reply:
        body = reply.read()
    if reply.status != 200:
        raise SystemExit(f"the webhook answers {reply.status}: {body.decode()}")
    response: Json = json.loads(body)["response"]
    return response


def logged(server: subprocess.Popen[str], event: str) -> Json:
    """The next line of the server's log about this event."""
    assert server.stderr is not None
    for line in server.stderr:
        if not line.startswith("{"):
            raise SystemExit(f"the webhook says: {line}{server.stderr.read()}")
        said: Json = json.loads(line)
        if said["event"] == event:
            return said
    raise SystemExit("the webhook ended")


def diff(before: Json, after: Json) -> Iterator[str]:
    old, new = (yaml.safe_dump(side, sort_keys=False, width=120).splitlines() for side in (before, after))
    return difflib.unified_diff(old, new, "the pod as the API server sends it", "the pod that is created", lineterm="")


def documents(name: str) -> Iterator[Json]:
    return yaml.safe_load_all((APPLICATION / name).read_text())


def say(text: str, style: str = "") -> None:
    show((Line(line, style) for line in text.split("\n")), sys.stdout)


if __name__ == "__main__":
    sys.exit(main())
