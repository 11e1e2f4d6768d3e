"""A machine that keeps its folders: it boots from claims, and what is installed there stays."""

import json
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .claims import claim
from .machines import new_namespace, policy, running
from .rich import Place, verdicts

pytestmark = pytest.mark.cluster

NAMESPACE = new_namespace()
POLICY = policy(NAMESPACE)
KEPT = ("/etc", "/home", "/opt", "/root", "/usr", "/var")
ASK = {
    "init": "systemd",
    "persist": json.dumps([{"path": path, "claim": path.strip("/"), "single": True} for path in KEPT]),
}


@pytest.fixture
def claimed(box: Place) -> Iterator[Place]:
    with ExitStack() as held:
        for path in KEPT:
            held.enter_context(claim(box, path.strip("/")))
        yield box


def test_it_boots_and_what_is_installed_and_configured_stays(claimed: Place, machine: str) -> None:
    boot(claimed, machine, "first")
    claimed.inside("sh", "-c", "useradd --create-home anna; cp /bin/true /usr/local/bin/tool; touch /var/note", name="first")
    claimed.cluster.kubectl("-n", claimed.namespace, "delete", "pod", "first")
    boot(claimed, machine, "second")
    assert claimed.inside("sh", "-c", "ls -d /home/anna; tool && id -un anna; ls /var/note", name="second").split() == [
        "/home/anna",
        "anna",
        "/var/note",
    ]


def boot(place: Place, image: str, name: str) -> None:
    """What the kubelet writes into /etc of each pod is there: it is mounted over the files that are kept."""
    made = place.create(image, "sleep", "1000", name=name, ask=ASK).stored
    assert verdicts(made) == {"persist": "applied", "init": "applied"}
    started = place.started(name)
    assert running(place, name) == "running"
    assert place.inside("cat", "/etc/hostname", name=name) == f"{name}\n"
    assert f"{started['status']['podIP']}\t{name}" in place.inside("cat", "/etc/hosts", name=name)
    assert "nameserver" in place.inside("cat", "/etc/resolv.conf", name=name)
