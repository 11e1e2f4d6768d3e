"""The edge to the Kubernetes API: where what answers is none, and what a kubeconfig says."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from kubernetes import client

from webhook.cluster import Cluster, connect
from webhook.errors import ApiError, BadInput


@pytest.fixture(params=[b"<html>all is well</html>\n", b"null\n", b"[" * 100_000 + b"\n", b'{"half": \n'])
def stranger(request: pytest.FixtureRequest) -> Iterator[Cluster]:
    """For example the page of a proxy, with status 200."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(request.param)))
            self.end_headers()
            self.wfile.write(request.param)

        def log_message(self, format: str, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        configuration = client.Configuration(host=f"http://127.0.0.1:{server.server_port}")
        with client.ApiClient(configuration) as api:
            yield Cluster(api)
        server.shutdown()
        thread.join()


def test_who_answers_something_else_is_no_api_server(stranger: Cluster) -> None:
    """Said as what it is, or threads that watch would end, and commands with a traceback."""
    with pytest.raises(ApiError, match="what answers is no API server") as said:
        stranger.get("/version")
    assert said.value.status == 0
    with pytest.raises(ApiError, match="what answers is no API server"):
        list(stranger.watch("/api/v1/pods", 1))
    with pytest.raises(ApiError):
        stranger.execute("/api/v1/namespaces/shop/pods/web/exec", "main", ["true"], 1)


@pytest.mark.parametrize(("context", "namespace"), [(None, "shop"), ("there", "default"), ("here", "shop")])
def test_the_namespace_that_is_meant_is_the_contexts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: str | None, namespace: str
) -> None:
    contexts = [
        {"name": "here", "context": {"cluster": "c", "user": "u", "namespace": "shop"}},
        {"name": "there", "context": {"cluster": "c", "user": "u"}},
    ]
    clusters = [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}]
    held = {"clusters": clusters, "users": [{"name": "u", "user": {}}], "contexts": contexts, "current-context": "here"}
    (tmp_path / "kubeconfig").write_text(json.dumps(held))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    assert connect(context).namespace == namespace


def test_who_names_a_context_needs_no_current_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held = {
        "clusters": [{"name": "c", "cluster": {"server": "http://127.0.0.1:1"}}],
        "users": [{"name": "u", "user": {}}],
        "contexts": [{"name": "there", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(held))
    monkeypatch.setattr("kubernetes.config.kube_config.KUBE_CONFIG_DEFAULT_LOCATION", str(tmp_path / "kubeconfig"))
    assert connect("there").namespace == "shop"
    with pytest.raises(BadInput, match="current-context"):
        connect()
