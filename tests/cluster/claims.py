"""Claims of test namespaces, bound to folders of the node."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .access import Object
from .layout import NODE
from .rich import Place

CLAIM = "data"
SHAPE: Object = {"accessModes": ["ReadWriteOnce"], "storageClassName": ""}


def folder(place: Place, claim: str = CLAIM) -> Path:
    """What the volume of a claim is on the node. On a disk: memory has limits."""
    return place.cluster.node.run / "claims" / f"{place.namespace}-{claim}"


@contextmanager
def volume(place: Place, claim: str) -> Iterator[str]:
    """The name of a volume that claims of that name may have while the block runs."""
    name = f"{place.namespace}-{claim}"
    path = str(folder(place, claim))
    place.cluster.on_node("mkdir", "-p", path)
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE]}
    spec = {
        "local": {"path": path},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
        "persistentVolumeReclaimPolicy": "Retain",
    }
    place.cluster.apply(
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {**SHAPE, **spec, "capacity": {"storage": "1Mi"}},
        }
    )
    try:
        yield name
    finally:
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
