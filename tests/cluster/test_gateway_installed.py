"""The gateway as it is installed: two replicas, one of which leads and is found, whatever becomes of the other."""

import json

import pytest

from webhook.inpod.contract import OWN_LABEL
from webhook.installation import GATEWAY

from .commands import check, richpod
from .installation import Installation
from .processes import until

pytestmark = pytest.mark.cluster
POLICY = """
kubernetes: "1.36"
image: {prefix: localhost, tag: test}
gateway:
  window: 1
  upstreams:
    acl:
      grant: {url: "https://acl.example/${address}"}
      revoke: {url: "https://acl.example/${address}", method: DELETE}
grants: {orders: {upstream: acl}}
"""


def leader(installation: Installation) -> str:
    """The pod to which the Service leads, "" for none."""
    found = json.loads(installation.kubectl("get", "endpointslices", "-l", f"kubernetes.io/service-name={GATEWAY}", "-o", "json"))
    pods = {endpoint["targetRef"]["name"] for each in found["items"] for endpoint in each.get("endpoints") or ()}
    assert len(pods) < 2
    return next(iter(pods), "")


def replicas(installation: Installation) -> set[str]:
    listed = installation.kubectl("get", "pods", "-l", f"{OWN_LABEL}={GATEWAY}", "-o", "name")
    return {name.removeprefix("pod/") for name in listed.split()}


def led(installation: Installation) -> bool:
    return leader(installation) in replicas(installation)


def test_r78_one_of_two_leads_and_the_doctor_finds_nothing(installation: Installation) -> None:
    until("a leader", lambda: led(installation))
    assert len(replicas(installation)) == 2
    _, lines = check(installation.cluster)
    for name in ("gateway", "gateway-leader", "grants", "certificate", "version"):
        assert lines[name]["result"] == "ok", lines[name]
    ran = richpod(installation.cluster.kubeconfig, "grants", "-A")
    assert (ran.returncode, ran.stderr) == (0, "there is no Grant of a pod\n")


def test_r78_another_leads_when_the_leader_is_gone(installation: Installation) -> None:
    until("a leader", lambda: led(installation))
    before = leader(installation)
    installation.kubectl("delete", "pod", before, "--grace-period=0", "--force")
    until("another leader", lambda: led(installation) and leader(installation) != before, 60)


def test_r78_an_update_leaves_nobody_without_a_leader_for_long(installation: Installation) -> None:
    before = replicas(installation)
    installation.kubectl("rollout", "restart", f"deployment/{GATEWAY}")
    installation.kubectl("rollout", "status", f"deployment/{GATEWAY}", "--timeout=180s")
    until("a leader of the new ones", lambda: led(installation) and leader(installation) not in before, 60)


def test_applied_again_the_leader_is_still_found(installation: Installation) -> None:
    until("a leader", lambda: led(installation))
    before = leader(installation)
    said = installation.apply()
    assert {line.split()[-1] for line in said if "poddisruptionbudget" not in line} == {"unchanged"}
    assert leader(installation) == before
