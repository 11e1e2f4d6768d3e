"""People who edit Grants, a wrong clock, an API server or an upstream that is away or late: afterwards all agree."""

import os
import random
import time
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from tests.authorization.services import Service, acl
from webhook.errors import ApiError
from webhook.gateway.grants import stored

from .crowd import Crowd
from .gateways import Ground, ground
from .listing import history, policy
from .passage import Passage, passage
from .processes import until
from .standalone import api_server

pytestmark = pytest.mark.cluster

EDITS = int(os.environ.get("RICHPOD_GATEWAY_EDITS", "20"))
AWAY = int(os.environ.get("RICHPOD_GATEWAY_AWAY", "20"))
"""Seconds."""
MINUTES = 5
PODS = 8
SOON = "--lease=2"
SPOILT = {"phase": "Ended", "ended": "by hand", "entries": []}


def told(what: str, crowd: Crowd, service: Service) -> None:
    print(f"\n{what}: {len(crowd.stays)} stays, {len(history(service))} calls; upstream, Grants and pods agree")


def edited(site: Ground, chance: random.Random) -> None:
    """One Grant is deleted, or somebody writes into it that its pod has ended and holds nothing."""
    client, held = site.client(), site.grants()
    if not held:
        return
    grant = held[chance.choice(sorted(held))]
    path = f"{stored.PATH}/{grant['metadata']['name']}"
    # The gateway may be faster.
    with suppress(ApiError):
        if chance.random() < 0.5:
            client.delete(path, grant["metadata"]["resourceVersion"])
        else:
            client.replace(f"{path}/status", {**grant, "status": {**grant.get("status", {}), **SPOILT}})


def test_whoever_edits_or_deletes_grants_is_overruled(site: Ground, listed: Service) -> None:
    chance = random.Random(EDITS)
    crowd = Crowd(site, site.start(SOON))
    crowd.replicas[0].leads()
    with crowd.busy(PODS):
        for _ in range(EDITS):
            time.sleep(chance.uniform(0, 1))
            edited(site, chance)
    for _ in range(PODS):
        edited(site, chance)
    crowd.agrees(listed)
    crowd.replicas[0].log.event("grant-restored", namespace="shop")
    told(f"{EDITS} edits", crowd, listed)


def test_replicas_whose_clocks_differ_by_minutes_agree(site: Ground, listed: Service) -> None:
    crowd = Crowd(site, site.start(SOON, ahead=60 * MINUTES))
    crowd.replicas[0].leads()
    with crowd.busy(PODS):
        for ahead in (0, -60 * MINUTES, 60 * MINUTES, 0):
            crowd.replicas.append(site.start(SOON, ahead=ahead))
            time.sleep(4)
            crowd.replicas.pop(0).kill()
            crowd.replicas[0].leads()
    crowd.agrees(listed)
    told(f"clocks {MINUTES} minutes wrong, 4 kills", crowd, listed)


@pytest.mark.parametrize("how", ["stall", "cut"])
def test_an_api_server_that_is_away_costs_nothing_but_time(how: str, assets: Path, listed: Service, tmp_path: Path) -> None:
    with ExitStack() as stack:
        cluster = stack.enter_context(api_server(assets))
        way, port = stack.enter_context(passage(int(cluster.api.configuration.host.rpartition(":")[2])))
        site = stack.enter_context(ground(cluster, tmp_path, policy(listed), "shop", server=f"https://127.0.0.1:{port}"))
        crowd = Crowd(site, *(site.start(SOON) for _ in range(2)))
        until("somebody leads", site.leader)
        with crowd.busy(PODS):
            away(way, how)
        crowd.agrees(listed)
        told(f"an API server away for {AWAY} s ({how})", crowd, listed)


@pytest.mark.parametrize("how", ["stall", "cut"])
def test_an_upstream_that_is_away_costs_nothing_but_time(how: str, assets: Path, listed: Service, tmp_path: Path) -> None:
    with ExitStack() as stack:
        way, port = stack.enter_context(passage(listed.port))
        cluster = stack.enter_context(api_server(assets))
        site = stack.enter_context(ground(cluster, tmp_path, policy(listed, url=f"https://127.0.0.1:{port}"), "shop"))
        crowd = Crowd(site, site.start(SOON))
        crowd.replicas[0].leads()
        with crowd.busy(PODS):
            away(way, how)
        crowd.agrees(listed, seconds=90)
        told(f"an upstream away for {AWAY} s ({how})", crowd, listed)


def away(way: Passage, how: str) -> None:
    time.sleep(4)
    getattr(way, how)()
    time.sleep(AWAY)
    way.open()
    time.sleep(10)


@pytest.mark.parametrize("slow", [("--delay=3",), ("--delay=2", "--late=0.7")], ids=["does late", "answers late"])
def test_an_upstream_that_often_misses_the_timeout_agrees(slow: tuple[str, ...], assets: Path, tmp_path: Path) -> None:
    """What it has not answered within 2 s it does up to a timeout later, or has done already."""
    with ExitStack() as stack:
        service = stack.enter_context(acl(tmp_path, "--per-second=1000", *slow))
        cluster = stack.enter_context(api_server(assets))
        site = stack.enter_context(ground(cluster, tmp_path, policy(service), "shop"))
        crowd = Crowd(site, site.start(SOON))
        crowd.replicas[0].leads()
        with crowd.busy(PODS):
            time.sleep(AWAY)
        crowd.agrees(service, seconds=600)
        told(f"an upstream {slow}", crowd, service)
