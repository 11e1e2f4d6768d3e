"""The component `cert-manager` on a live API server with cert-manager's own kinds: strict, and a review goes through."""

import base64
import json
import subprocess
from pathlib import Path

import pytest

from webhook.cli.manifests import certmanager as rendered
from webhook.cli.manifests.component import added
from webhook.cli.manifests.configuration import manifests
from webhook.installation import CONFIGURATION, NAMESPACE, SERVICE, SERVING_SECRET
from webhook.policy.file import parse

from . import cert_manager
from .access import Cluster, Object
from .creation import create
from .injection import served
from .namespaces import namespaces
from .pods import pod
from .processes import until

pytestmark = pytest.mark.cluster
POLICY = "{}"


@pytest.fixture(scope="module")
def api_server(alone: Cluster) -> Cluster:
    """One alone: the shared one never sees these kinds."""
    cert_manager.install(alone)
    alone.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}})
    return alone


def apply(cluster: Cluster, objects: list[Object]) -> None:
    listed = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
    cluster.kubectl("apply", "--server-side", "--validate=strict", "-f", "-", input=listed)


def test_an_unknown_field_would_be_refused(api_server: Cluster) -> None:
    wrong = [dict(manifest.object) for manifest in rendered.objects()]
    wrong[1] = {**wrong[1], "spec": {**wrong[1]["spec"], "rotationPolicy": "Always"}}
    with pytest.raises(subprocess.CalledProcessError, match="returned non-zero") as refused:
        apply(api_server, wrong)
    assert "rotationPolicy" in refused.value.stderr


def test_r59_a_pod_is_reviewed_under_certificates_that_cert_manager_keeps(api_server: Cluster, tmp_path: Path) -> None:
    component = rendered.component(parse(POLICY))
    apply(api_server, [manifest.object for manifest in component.resources])
    cert_manager.issue(api_server, NAMESPACE)
    with served(api_server.host, POLICY, tmp_path) as server:
        secret = json.loads(api_server.kubectl("-n", NAMESPACE, "get", "secret", SERVING_SECRET, "-o", "json"))
        for key in ("tls.crt", "tls.key"):
            (tmp_path / key).write_bytes(base64.b64decode(secret["data"][key]))
        configured, *_ = added(manifests(parse(POLICY)), component)
        apply(api_server, [LOCAL, _at(configured.object, server.at.port)])
        with namespaces(api_server) as make:
            sent = pod(make({"richpod.io/inject": "true"}), "app:1")
            sent["metadata"]["annotations"] = {"richpod.io/no-such-word": "true"}
            assert create(api_server, sent).warnings == ()
            cert_manager.inject(api_server, CONFIGURATION)
            until("a review", lambda: "no-such-word" in str(create(api_server, sent).warnings), seconds=30)


LOCAL: Object = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": SERVICE, "namespace": NAMESPACE},
    "spec": {"type": "ExternalName", "externalName": "localhost"},
}
"""The API server goes to this machine, and asks for the Service's name all the same."""


def _at(configuration: Object, port: int) -> Object:
    for entry in configuration["webhooks"]:
        entry["clientConfig"]["service"]["port"] = port
    return configuration
