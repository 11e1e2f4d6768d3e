"""Volumes of the policy hold what pods write, longer than the pods."""

from collections.abc import Iterator

import pytest

from .access import Cluster, Object
from .rich import Place, policy

pytestmark = pytest.mark.cluster

CLAIM = {"source": {"persistentVolumeClaim": {"claimName": "data"}}, "mountPath": "/srv/data"}
POLICY = policy(volumes={"data": CLAIM})


@pytest.fixture
def claimed(cluster: Cluster, rich: Place) -> Iterator[Place]:
    """A namespace with the claim, bound to a folder of the node."""
    name = f"{rich.namespace}-data"
    shape: Object = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    folder = {"path": f"/var/lib/{name}", "type": "DirectoryOrCreate"}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {**shape, "capacity": {"storage": "1Mi"}, "hostPath": folder, "persistentVolumeReclaimPolicy": "Retain"},
    }
    claim = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "data", "namespace": rich.namespace},
        "spec": {**shape, "volumeName": name, "resources": {"requests": {"storage": "1Mi"}}},
    }
    cluster.apply(volume, claim)
    yield rich
    cluster.kubectl("delete", "persistentvolume", name, "--wait=false")


def test_a_claim_keeps_its_data_from_pod_to_pod(claimed: Place, busybox: str) -> None:
    claimed.create(busybox, "sh", "-c", "echo kept >/srv/data/note", name="first", ask={"volumes": "data"})
    assert claimed.end("first").code == 0
    claimed.cluster.kubectl("-n", claimed.namespace, "delete", "pod", "first")
    claimed.create(busybox, "cat", "/srv/data/note", name="second", ask={"volumes": "data"})
    assert claimed.output("second") == "kept\n"
