"""How pods end, by their objects: the entry goes soon after the end that the API shows, and never before it."""

import time
from collections.abc import Callable, Iterator

import pytest

from tests.authorization.services import Service, acl

from .access import Cluster
from .gateways import Ground, Pod, Replica, ground
from .listing import addresses, held, history, policy
from .processes import until

pytestmark = pytest.mark.cluster

SOON = 10
"""Seconds from the end to the revoke."""


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with acl(tmp_path_factory.mktemp("acl"), "--per-second=1000", "--delay=0.2") as service:
        yield service


@pytest.fixture(scope="module")
def site(alone: Cluster, listed: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(alone, tmp_path_factory.mktemp("gateway"), policy(listed), "shop") as found:
        yield found


@pytest.fixture(scope="module")
def replica(site: Ground) -> Replica:
    started = site.start()
    started.leads()
    return started


def failed(site: Ground, pod: Pod) -> None:
    site.status(pod, phase="Failed")


def succeeded(site: Ground, pod: Pod) -> None:
    site.status(pod, phase="Succeeded")


def forced(site: Ground, pod: Pod) -> None:
    site.delete(pod)


def replaced(site: Ground, pod: Pod) -> None:
    """By one of the same name that asks for nothing."""
    site.delete(pod)
    site.pod(pod.name, address="10.9.9.9")


def moved(site: Ground, pod: Pod) -> None:
    """Its sandbox is made anew."""
    site.addressed(pod, "10.9.9.8", phase="Running")


def unlabelled_and_gone(site: Ground, pod: Pod) -> None:
    unlabelled(site, pod)
    site.delete(pod)


def unlabelled(site: Ground, pod: Pod) -> None:
    site.cluster.kubectl("-n", pod.namespace, "label", "pod", pod.name, "richpod.io/authorize-")


ENDS = [failed, succeeded, forced, replaced, moved, unlabelled_and_gone]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
def test_the_entry_goes_soon_after_the_end_and_not_before(
    end: Callable[[Ground, Pod], None], site: Ground, listed: Service, replica: Replica
) -> None:
    address = f"10.1.0.{ENDS.index(end) + 1}"
    pod = site.pod(end.__name__.replace("_", "-"), "orders", address=address)
    assert replica.ask(pod.token).status == 200
    begun = time.time()
    site.addressed(pod, address, phase="Running")
    ended = time.time()
    end(site, pod)
    until("the entry is gone", lambda: address not in addresses(listed))
    revoked = next(call["at"] for call in history(listed) if call["address"] == address and call["call"] == "DELETE")
    print(f"\n{end.__name__}: revoked {revoked - ended:.2f} s after the end")
    assert held(history(listed), address, begun, ended)
    assert revoked - ended < SOON


def test_a_pod_that_loses_its_label_keeps_its_entry(site: Ground, listed: Service, replica: Replica) -> None:
    kept, other = (site.pod(name, "orders", address=ip) for name, ip in (("kept", "10.1.1.1"), ("other", "10.1.1.2")))
    assert [replica.ask(pod.token).status for pod in (kept, other)] == [200, 200]
    unlabelled(site, kept)
    # The gateway hears of both in their order.
    site.delete(other)
    until("the other's entry is gone", lambda: "10.1.1.2" not in addresses(listed))
    assert "10.1.1.1" in addresses(listed)
    assert replica.ask(kept.token).status == 200
    assert not site.grants()[kept.uid]["status"]["ended"]
