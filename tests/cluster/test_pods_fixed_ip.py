"""An address out of the namespace's pool is the pod's own, and that of the pod after it."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from webhook.admission.entries import INJECT

from .access import Cluster
from .fixed_address import ANNOTATION
from .injection import injecting
from .namespaces import Namespaces
from .rich import Place, policy, verdicts

pytestmark = pytest.mark.cluster

ADDRESS = "198.18.0.249"


@pytest.fixture
def pooled(cluster: Cluster, toolkit: str, namespace: Namespaces, tmp_path: Path) -> Iterator[Place]:
    """A namespace whose pool is one address."""
    label = f"fixed-ip-{uuid4().hex[:8]}"
    name = namespace({INJECT: "true", "test-webhook": label})
    section = {"annotation": ANNOTATION, "form": "json-list", "pools": {name: [f"{ADDRESS}/32"]}}
    with injecting(cluster, policy(fixedIP=section), tmp_path, label):
        yield Place(cluster, name)


def test_a_fixed_address_is_the_pods_and_the_next_pods(pooled: Place, busybox: str) -> None:
    for name in ("first", "second"):
        pooled.create(busybox, "sleep", "1000", name=name, ask={"fixed-ip": ADDRESS})
        assert pooled.started(name)["status"]["podIP"] == ADDRESS
        assert f"{ADDRESS}/24" in pooled.inside("ip", "-o", "address", "show", "eth0", name=name)
        pooled.cluster.kubectl("-n", pooled.namespace, "delete", "pod", name)


def test_an_address_outside_the_pool_is_not_the_pods(pooled: Place, busybox: str) -> None:
    created = pooled.create(busybox, "sleep", "1000", ask={"fixed-ip": "198.18.0.248"})
    assert verdicts(created.stored)["fixed-ip"] == "skipped: outside-pool"
    assert pooled.started()["status"]["podIP"] != "198.18.0.248"
