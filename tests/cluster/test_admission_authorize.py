"""A pod with an authorizer comes back through a real API server: whatever that has filled in, it is still what richpod writes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from certs.authority import new_authority
from webhook.admission.entries import INJECT

from .access import Cluster, Object
from .creation import create
from .injection import in_force
from .namespaces import Namespaces
from .pods import pod

pytestmark = pytest.mark.cluster

NAME = f"authorize-{uuid4().hex[:8]}"
NOW = datetime.now(UTC)
AUTHORITY = new_authority("richpod", NOW, timedelta(days=9)).certificate
POLICY = {
    "grants": {"orders": {"ports": [5432]}},
    "profiles": {"default": {"features": {"init": "launch", "hooks": {"online": "hold"}, "authorize": ["orders"]}}},
}


@pytest.fixture
def place(api_server: Cluster, namespace: Namespaces, tmp_path: Path) -> Iterator[str]:
    """A namespace whose pods are sent to the webhook."""
    file = tmp_path / "ca.crt"
    file.write_bytes(AUTHORITY)
    with in_force(api_server, json.dumps(POLICY), tmp_path, NAME, f"--authority={file}"):
        yield namespace({"test-webhook": NAME, INJECT: "true"})


def owned(place: str, **metadata: object) -> Object:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-5c9", "uid": str(uuid4()), "controller": True}
    made = pod(place, "app:1", "/app")
    made["metadata"] |= {"ownerReferences": [owner], "labels": {"app": "web", "pod-template-hash": "5c9"}, **metadata}
    return made


def test_what_the_api_server_fills_in_makes_it_no_stranger(api_server: Cluster, place: str) -> None:
    once = create(api_server, owned(place))
    assert once.accepted, once.body
    spec, metadata = once.body["spec"], once.body["metadata"]
    assert [container["name"] for container in spec["initContainers"]] == [
        "richpod-authorizer",
        "richpod-toolkit",
        "richpod-sidecar",
    ]
    assert spec["initContainers"][0]["env"] == [{"name": "RICHPOD_AUTHORITY", "value": AUTHORITY.decode()}]
    assert f"{place}/web" in spec["initContainers"][0]["command"]
    assert metadata["labels"]["richpod.io/authorize"] == "true"

    again = create(api_server, {**owned(place, labels=metadata["labels"], annotations=metadata["annotations"]), "spec": spec})
    assert again.accepted, again.body
    assert again.body["spec"] == spec


def test_a_forged_one_is_refused(api_server: Cluster, place: str) -> None:
    spec = create(api_server, owned(place)).body["spec"]
    spec["initContainers"][0]["env"][0]["value"] = new_authority("richpod", NOW, timedelta(days=9)).certificate.decode()
    refused = create(api_server, {**owned(place), "spec": spec})
    assert not refused.accepted
    assert "richpod-authorizer is richpod's own" in refused.body["message"]
