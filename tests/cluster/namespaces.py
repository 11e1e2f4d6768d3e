"""Namespaces of tests."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol
from uuid import uuid4

from .access import Cluster
from .processes import until


class Namespaces(Protocol):
    """Makes a namespace with these labels, in which pods can be created at once; unless it is told, of a name of its own."""

    def __call__(self, labels: Mapping[str, str] | None = None, name: str = "") -> str: ...


@contextmanager
def namespaces(cluster: Cluster) -> Iterator[Namespaces]:
    """The deletion of all that are made starts when the block ends."""
    made: list[str] = []

    def make(labels: Mapping[str, str] | None = None, name: str = "") -> str:
        name = name or f"test-{uuid4().hex[:8]}"
        cluster.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": dict(labels or {})}})
        made.append(name)
        if cluster.layout is None:  # no controller makes it
            cluster.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}})
        else:
            needed = ("serviceaccount/default", "configmap/kube-root-ca.crt")
            # `kubectl wait --for=create` gives up when more than one is missing.
            until(f"namespace {name}", lambda: cluster.kubectl("-n", name, "get", *needed), seconds=30)
        return name

    try:
        yield make
    finally:
        if made:
            cluster.kubectl("delete", "namespace", "--wait=false", *made)
