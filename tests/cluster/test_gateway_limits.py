"""Pods that ask over and over for what the upstream refuses, and an application beside them. Windows are 10 s long, not 60."""

import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.authorization.services import Service, acl
from webhook.gateway.upstreams.limits import CALLS, FAILURES

from .gateways import Ground, Pod, Replica, Told, ground
from .listing import history, most, policy
from .standalone import api_server

pytestmark = pytest.mark.cluster

PODS = int(os.environ.get("RICHPOD_GATEWAY_REFUSED", "50"))
WINDOW, WINDOWS = 10, 2
SPREAD = 1
"""Seconds that one call may take longer to its upstream than another."""
SOON = 5
"""Seconds."""


@pytest.fixture
def listed(tmp_path: Path) -> Iterator[Service]:
    with acl(tmp_path, "--per-second=1000", "--delay=0.2", "--refuse=stock") as service:
        yield service


@pytest.fixture
def site(assets: Path, listed: Service, tmp_path: Path) -> Iterator[Ground]:
    with api_server(assets) as cluster, ground(cluster, tmp_path, policy(listed, window=WINDOW), "shop") as found:
        yield found


def again_and_again(replica: Replica, pod: Pod, over: threading.Event) -> list[Told]:
    """As if its kubelet waited for nothing."""
    told = []
    while not over.wait(0.3):
        told.append(replica.ask(pod.token))
    return told


@pytest.mark.parametrize("name", ["shop/refused", "own"])
def test_refused_pods_cost_the_upstream_a_few_calls_and_others_nothing(name: str, site: Ground, listed: Service) -> None:
    """`own`: each of them is an application of its own, so that no limit of an application helps."""
    replica, over = site.start(), threading.Event()
    replica.leads()
    addresses = [f"10.1.0.{number}" for number in range(1, PODS + 1)]
    refused = [site.pod(f"no-{each}", "stock", application="" if name == "own" else name, address=each) for each in addresses]
    others = [site.pod(f"yes-{number}", "orders", address=f"10.2.0.{number}") for number in range(WINDOWS * WINDOW // 2)]
    waited = []
    with ThreadPoolExecutor(PODS) as pool:
        asking = [pool.submit(again_and_again, replica, pod, over) for pod in refused]
        for pod in others:
            begun = time.monotonic()
            assert replica.ask(pod.token).status == 200
            waited.append(time.monotonic() - begun)
            time.sleep(2 - min(2, waited[-1]))
        over.set()
    told = [each.status for future in asking for each in future.result()]
    calls = [call for call in history(listed) if call["rule"] == "stock"]
    here = max(most([call for call in calls if call["address"] == address], WINDOW - SPREAD) for address in addresses)
    print(
        f"\n{PODS} pods asked {len(told)} times for what is refused, {told.count(429)} answers were 429; the upstream had"
        f" {len(calls)} calls, at most {here} from an address in {WINDOW} s; others waited {max(waited):.2f} s at most"
    )
    assert set(told) <= {403, 429}
    assert here <= CALLS
    assert name == "own" or most(calls, WINDOW - SPREAD) <= FAILURES + PODS
    assert max(waited) < SOON
