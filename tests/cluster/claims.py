"""Claims of test namespaces, bound to folders of the node."""

from collections.abc import Iterator
from contextlib import contextmanager

from .access import Object
from .rich import Place

CLAIM = "data"
SHAPE: Object = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}


@contextmanager
def volume(place: Place, claim: str) -> Iterator[str]:
    """The name of a volume that claims of that name may have while the block runs. It is on a disk: memory has limits."""
    name = f"{place.namespace}-{claim}"
    path = str(place.cluster.node.run / "claims" / name)
    spec = {"hostPath": {"path": path, "type": "DirectoryOrCreate"}, "persistentVolumeReclaimPolicy": "Retain"}
    place.cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {**SHAPE, **spec, "capacity": {"storage": "1Mi"}},
        }
    )
    yield name
    place.cluster.kubectl("delete", "persistentvolume", name, "--wait=false")
    place.cluster.on_node("rm", "-rf", path)


def asking(volume: str) -> Object:
    """The spec of a claim for it."""
    return {**SHAPE, "volumeName": volume, "resources": {"requests": {"storage": "1Mi"}}}


@contextmanager
def claim(place: Place, name: str = CLAIM) -> Iterator[None]:
    """The claim is there while the block runs."""
    with volume(place, name) as held:
        wanted = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": place.namespace}}
        place.cluster.apply({**wanted, "spec": asking(held)})
        yield
