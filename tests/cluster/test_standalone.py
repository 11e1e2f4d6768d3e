"""An API server alone, for people without root: admission is the real one, and tests use it with the same words."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from . import standalone
from .access import Cluster
from .pods import pod

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def api_server(alone: Cluster) -> Cluster:
    return alone


def test_the_plugins_behind_a_webhook_see_the_pod(api_server: Cluster, namespace: Callable[..., str]) -> None:
    (stored,) = api_server.apply(pod(namespace(), "app:1"))
    assert stored["spec"]["serviceAccountName"] == "default"
    assert stored["spec"]["containers"][0]["volumeMounts"][0]["mountPath"] == "/var/run/secrets/kubernetes.io/serviceaccount"


def test_pod_security_is_enforced(api_server: Cluster, namespace: Callable[..., str]) -> None:
    restricted = namespace({"pod-security.kubernetes.io/enforce": "restricted"})
    with pytest.raises(subprocess.CalledProcessError) as refused:
        api_server.apply(pod(restricted, "app:1"))
    assert 'violates PodSecurity "restricted:latest"' in refused.value.stderr


def test_it_ends_with_its_block(assets: Path) -> None:
    with standalone.api_server(assets) as alone:
        address = urlsplit(alone.api.configuration.host)
        assert alone.kubeconfig.exists()
    assert not alone.kubeconfig.exists()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((address.hostname, address.port))
