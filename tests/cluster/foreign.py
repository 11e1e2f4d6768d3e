"""Other people's webhooks: small real HTTPS servers that change pods as theirs do, and remember what they were asked."""

import base64
import json
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import NamedTuple

from .access import Cluster, Object
from .endpoints import Endpoint, certify, configuration, webhook
from .injection import registered

Change = Callable[[Object], list[Object]]
"""A pod in, RFC 6902 operations out."""


class Call(NamedTuple):
    path: str
    pod: Object


class Listening(NamedTuple):
    at: Endpoint
    calls: list[Call]


@contextmanager
def listening(host: str, folder: Path, change: Change) -> Iterator[Listening]:
    """A webhook server; every path is answered alike."""
    calls: list[Call] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["request"]
            calls.append(Call(self.path.partition("?")[0], request["object"]))
            body = json.dumps(_review(request["uid"], change(request["object"]))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    authority = certify(host, folder)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with ThreadingHTTPServer((host, 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        Thread(target=server.serve_forever, daemon=True).start()
        yield Listening(Endpoint(host, server.server_port, authority), calls)
        server.shutdown()


def _review(uid: str, operations: list[Object]) -> Object:
    response: Object = {"uid": uid, "allowed": True}
    if operations:
        response |= {"patchType": "JSONPatch", "patch": base64.b64encode(json.dumps(operations).encode()).decode()}
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response}


@contextmanager
def foreign(
    cluster: Cluster, folder: Path, name: str, label: str, change: Change, reinvocation: str = "IfNeeded"
) -> Iterator[list[Call]]:
    """A webhook for namespaces labelled `test-webhook: LABEL`; yields its calls. The API server asks in the order of names."""
    with listening(cluster.host, folder, change) as server:
        here = {"matchLabels": {"test-webhook": label}}
        one = webhook("other.webhook.example", server.at, "/", here, reinvocationPolicy=reinvocation)
        with registered(cluster, configuration(name, [one]), label, lambda _: bool(server.calls)):
            server.calls.clear()
            yield server.calls
