"""Pods that controllers create, as the API server sends them to the webhook; none of them ever runs."""

import json
from collections.abc import Iterator
from typing import NamedTuple
from uuid import uuid4

import pytest

from webhook.admission.entries import PROFILE

from .access import Cluster, Object
from .injection import Served, calls, in_force
from .namespaces import Namespaces
from .processes import until

pytestmark = pytest.mark.cluster

NAME = f"controllers-{uuid4().hex[:8]}"
POLICY = "profiles: {rich: {features: {init: launch, lxcfs: true}, allow: [volumes]}}"


class Site(NamedTuple):
    cluster: Cluster
    server: Served
    namespace: str

    def items(self, kind: str) -> list[Object]:
        found: Object = json.loads(self.cluster.kubectl("-n", self.namespace, "get", kind, "-o", "json"))
        return list(found["items"])


@pytest.fixture(scope="module")
def server(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with in_force(cluster, POLICY, tmp_path_factory.mktemp("served"), NAME) as running:
        yield running


@pytest.fixture
def site(cluster: Cluster, server: Served, namespace: Namespaces) -> Site:
    return Site(cluster, server, namespace({"test-webhook": NAME, PROFILE: "rich"}))


def workload(site: Site, kind: str, **annotations: str) -> Object:
    """Two pods `web`, never scheduled."""
    labels = {"app": "web"}
    template = {
        "metadata": {"labels": labels, "annotations": {f"richpod.io/{key}": value for key, value in annotations.items()}},
        "spec": {
            "containers": [{"name": "main", "image": "app:1", "command": ["/app"]}],
            "schedulingGates": [{"name": "example.com/never"}],
        },
    }
    spec = {"replicas": 2, "selector": {"matchLabels": labels}, "template": template}
    if kind == "StatefulSet":
        spec |= {"serviceName": "web", "podManagementPolicy": "Parallel"}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web", "namespace": site.namespace}, "spec": spec}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet"])
def test_each_pod_is_treated_by_one_call(site: Site, kind: str) -> None:
    """Requirement 47: a Deployment's have no name yet."""
    site.cluster.apply(workload(site, kind))
    until("pods", lambda: len(site.items("pods")) == 2, seconds=30)
    for found in site.items("pods"):
        assert found["spec"]["containers"][0]["command"] == ["/.richpod/bin/launch", "--", "/app"]
    asked = calls(site.cluster, site.server, site.namespace)
    assert [event["decision"] for event in asked] == ["patched", "patched"]
    assert all(event["name"].startswith("web-") for event in asked)


def test_a_denial_is_read_at_the_deployment_and_its_events_are_one(site: Site) -> None:
    """Requirement 5: nothing in the text is of one pod only."""
    site.cluster.apply(workload(site, "Deployment", volumes="none"))
    site.cluster.kubectl("-n", site.namespace, "wait", "--for=condition=ReplicaFailure", "--timeout=30s", "deployment/web")
    sentence = "metadata.annotations[richpod.io/volumes]: richpod volumes: volume none is not defined (known: none)"
    (deployment,) = site.items("deployments")
    (failure,) = (c for c in deployment["status"]["conditions"] if c["type"] == "ReplicaFailure")
    assert failure["message"].endswith(f"denied the request: {sentence}")
    until("retries", lambda: [event["count"] > 2 for event in failures(site)] == [True], seconds=30)
    assert site.items("pods") == []


def failures(site: Site) -> list[Object]:
    return [event for event in site.items("events") if event["reason"] == "FailedCreate"]
