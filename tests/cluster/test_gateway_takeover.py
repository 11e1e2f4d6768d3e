"""Another replica takes over: from one that is killed by the time its Lease is over, from one that leaves at once."""

import signal
import threading
import time
from http.client import HTTPException

import pytest

from tests.authorization.services import Service
from webhook.gateway.replicas.live import SLICES

from .crowd import Crowd
from .gateways import Ground, Pod, Replica
from .listing import addresses
from .processes import until

pytestmark = pytest.mark.cluster

SOON = 15
"""Seconds, with the Lease that the command has by itself."""
PODS = 6


def found(site: Ground) -> str:
    """The replica to which the Service leads."""
    slice = site.client().get(f"{SLICES}/richpod-gateway-ipv4") or {}
    return next((each["targetRef"]["name"] for each in slice.get("endpoints") or ()), "")


def answers(site: Ground, replica: Replica, pod: Pod) -> bool:
    """Whether the Service leads to it, and it lets the pod in."""
    try:
        return found(site) == replica.name and replica.ask(pod.token).status == 200
    except HTTPException:
        return False


def test_a_killed_leader_is_replaced_within_seconds(site: Ground, listed: Service) -> None:
    first = site.start()
    first.leads()
    second = site.start()
    pod, late = (site.pod(name, "orders", address=address) for name, address in (("a", "10.1.0.1"), ("b", "10.1.0.2")))
    assert first.ask(pod.token).status == 200
    assert second.ask(pod.token).status == 503
    begun = time.monotonic()
    first.kill()
    until("the standby lets new pods in", lambda: answers(site, second, late))
    seconds = time.monotonic() - begun
    assert second.ask(pod.token).status == 200
    assert addresses(listed) == {"10.1.0.1", "10.1.0.2"}
    print(f"\nkilled; {seconds:.1f} s later the other is found and lets new pods in")
    assert seconds < SOON


def test_one_that_is_told_to_end_leaves_at_once_and_ends_what_it_has_begun(site: Ground, listed: Service) -> None:
    first = site.start()
    first.leads()
    second = site.start()
    pods = [site.pod(f"web-{number}", "orders", address=f"10.1.0.{number}") for number in range(1, PODS + 1)]
    told: list[int] = []
    threads = [threading.Thread(target=lambda pod=pod: told.append(first.ask(pod.token).status)) for pod in pods]  # type: ignore[misc]
    for thread in threads:
        thread.start()
    until("an upstream is asked", lambda: addresses(listed))
    begun = time.monotonic()
    first.signal(signal.SIGTERM)
    second.leads()
    seconds = time.monotonic() - begun
    for thread in threads:
        thread.join()
    assert set(told) <= {200, 503}
    assert {second.ask(pod.token).status for pod in pods} == {200}
    assert first.process.wait(60) == 0
    assert addresses(listed) == {f"10.1.0.{number}" for number in range(1, PODS + 1)}
    print(f"\ntold to end; {seconds:.1f} s later the other is found, {told.count(200)} of {PODS} had their answer from the first")


def test_replicas_that_end_one_after_the_other_lose_nothing(site: Ground, listed: Service) -> None:
    crowd = Crowd(site, site.start())
    crowd.replicas[0].leads()
    with crowd.busy(PODS):
        for _ in range(3):
            crowd.replicas.append(site.start())
            time.sleep(2)
            crowd.replicas[0].signal(signal.SIGTERM)
            crowd.replicas[1].leads()
            crowd.replicas.pop(0)
    crowd.agrees(listed)
    assert crowd.stays
