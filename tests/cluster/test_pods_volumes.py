"""Volumes of the policy hold what pods write, longer than the pods."""

from collections.abc import Iterator

import pytest

from .claims import claim
from .rich import Place, policy

pytestmark = pytest.mark.cluster

CLAIM = {"source": {"persistentVolumeClaim": {"claimName": "data"}}, "mountPath": "/srv/data"}
POLICY = policy(volumes={"data": CLAIM})


@pytest.fixture
def claimed(rich: Place) -> Iterator[Place]:
    """A namespace with the claim."""
    with claim(rich):
        yield rich


def test_a_claim_keeps_its_data_from_pod_to_pod(claimed: Place, busybox: str) -> None:
    claimed.create(busybox, "sh", "-c", "echo kept >/srv/data/note", name="first", ask={"volumes": "data"})
    assert claimed.end("first").code == 0
    claimed.cluster.kubectl("-n", claimed.namespace, "delete", "pod", "first")
    claimed.create(busybox, "cat", "/srv/data/note", name="second", ask={"volumes": "data"})
    assert claimed.output("second") == "kept\n"
