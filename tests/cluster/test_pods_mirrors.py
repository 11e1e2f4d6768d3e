"""What the container runtime starts is the mirror's image, by the mirror's name."""

import json

import pytest

from .rich import Place, policy

pytestmark = pytest.mark.cluster

POLICY = policy({"mirrors": True}, mirrors={"docker.io/library": "localhost", "registry.example/": "localhost/"})


@pytest.mark.parametrize("named", ["busybox:test", "docker.io/library/busybox:test", "registry.example/busybox:test"])
@pytest.mark.usefixtures("busybox")
def test_a_mirrored_name_is_what_containerd_starts(rich: Place, named: str) -> None:
    rich.create(named, "sleep", "1000")
    (status,) = rich.started()["status"]["containerStatuses"]
    assert status["image"] == "localhost/busybox:test"
    container = json.loads(rich.cluster.ctr("containers", "info", status["containerID"].removeprefix("containerd://")))
    assert container["Image"] == "localhost/busybox:test"
