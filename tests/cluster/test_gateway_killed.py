"""Whoever leads is killed, or stopped and woken, whatever it does at that moment: afterwards all agree."""

import os
import random
import signal
import time

import pytest

from tests.authorization.services import Service

from .crowd import Crowd
from .gateways import Ground, Replica
from .listing import history
from .processes import until

pytestmark = pytest.mark.cluster

KILLS = int(os.environ.get("RICHPOD_GATEWAY_KILLS", "50"))
PAUSES = int(os.environ.get("RICHPOD_GATEWAY_PAUSES", "4"))
LEASE = 2
"""Seconds."""
PODS = 8


def leader(site: Ground, crowd: Crowd) -> Replica:
    """Once one of those that live leads."""
    until("somebody leads", lambda: any(replica.name == site.leader() for replica in crowd.replicas))
    return next(replica for replica in crowd.replicas if replica.name == site.leader())


def test_wherever_it_is_killed_all_agree_afterwards(site: Ground, listed: Service) -> None:
    chance = random.Random(KILLS)
    crowd = Crowd(site, *(site.start(f"--lease={LEASE}") for _ in range(2)))
    with crowd.busy(PODS):
        for _ in range(KILLS):
            killed = leader(site, crowd)
            time.sleep(chance.uniform(0, 4))
            crowd.replicas.remove(killed)
            killed.kill()
            crowd.replicas.append(site.start(f"--lease={LEASE}"))
    crowd.agrees(listed)
    print(f"\n{KILLS} kills, {len(crowd.stays)} stays, {len(history(listed))} calls: upstream, Grants and pods agree")


def test_stopped_past_its_lease_and_woken_it_overrules_nobody(site: Ground, listed: Service) -> None:
    chance = random.Random(PAUSES)
    crowd = Crowd(site, *(site.start(f"--lease={LEASE}") for _ in range(2)))
    with crowd.busy(PODS):
        for _ in range(PAUSES):
            stopped = leader(site, crowd)
            time.sleep(chance.uniform(0, 4))
            stopped.signal(signal.SIGSTOP)
            until("another leads", lambda name=stopped.name: site.leader() not in ("", name))  # type: ignore[misc]
            time.sleep(chance.uniform(0, 4))
            stopped.signal(signal.SIGCONT)
    crowd.agrees(listed)
    print(f"\n{PAUSES} pauses, {len(crowd.stays)} stays, {len(history(listed))} calls: upstream, Grants and pods agree")
