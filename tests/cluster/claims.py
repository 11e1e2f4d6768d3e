"""Claims of test namespaces, bound to folders of the node."""

from collections.abc import Iterator
from contextlib import contextmanager

from .access import Object
from .rich import Place

CLAIM = "data"


@contextmanager
def claim(place: Place) -> Iterator[None]:
    """CLAIM is there while the block runs; its folder stays with the node."""
    name = f"{place.namespace}-{CLAIM}"
    shape: Object = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}
    folder = {"path": f"/var/lib/{name}", "type": "DirectoryOrCreate"}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {**shape, "capacity": {"storage": "1Mi"}, "hostPath": folder, "persistentVolumeReclaimPolicy": "Retain"},
    }
    wanted = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": CLAIM, "namespace": place.namespace},
        "spec": {**shape, "volumeName": name, "resources": {"requests": {"storage": "1Mi"}}},
    }
    place.cluster.apply(volume, wanted)
    yield
    place.cluster.kubectl("delete", "persistentvolume", name, "--wait=false")
