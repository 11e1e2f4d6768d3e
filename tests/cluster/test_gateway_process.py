"""The gateway's process, on a real API server, before a real list that says what it was asked."""

from collections.abc import Iterator

import pytest

from tests.authorization.services import Service, acl

from .access import Cluster
from .gateways import Ground, ground
from .listing import addresses, policy
from .processes import until

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def listed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with acl(tmp_path_factory.mktemp("acl"), "--per-second", "50") as service:
        yield service


@pytest.fixture(scope="module")
def site(alone: Cluster, listed: Service, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with ground(alone, tmp_path_factory.mktemp("gateway"), policy(listed), "shop") as found:
        yield found


def test_a_pod_is_let_in_and_kept_out_again_when_it_is_gone(site: Ground, listed: Service) -> None:
    replica = site.start("--lease=4")
    replica.leads()
    pod = site.pod("web-1", "orders", "common", address="10.1.0.1")
    said = replica.ask(pod.token)
    assert said.status == 200, (said, replica.log.lines)
    assert said.body == {"granted": ["orders", "common"]}
    assert addresses(listed) == {"10.1.0.1"}
    site.delete(pod)
    until("the entry is gone", lambda: not addresses(listed), seconds=10)
    until("the Grant is forgotten", lambda: not site.grants(), seconds=60)
