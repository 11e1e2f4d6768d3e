"""Tokens that are sent again, by others, or are no pod's: each speaks for its own pod alone, and while that lives."""

import json
from collections.abc import Iterator

import pytest

from webhook.inpod.contract import GATEWAY_AUDIENCE

from .access import Cluster
from .gateways import ACCOUNT, Ground
from .hostile import Led, counted, head, led, sent
from .listing import addresses, history
from .processes import until

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module")
def gateway(alone: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Led]:
    with led(alone, tmp_path_factory.mktemp("hostile")) as found:
        yield found


def token(site: Ground, audience: str, **bound: object) -> str:
    """Of the pods' ServiceAccount."""
    request = {"spec": {"audiences": [audience], **bound}, "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest"}
    made = site.client().create(f"/api/v1/namespaces/shop/serviceaccounts/{ACCOUNT}/token", request).object
    return str(made["status"]["token"])


def test_tokens_that_are_no_pods_of_now_are_denied_and_counted(gateway: Led) -> None:
    site, listed, replica = gateway
    gone, bad = (site.pod(name, "orders", address=address) for name, address in (("gone", "10.1.1.1"), ("bad", "10.1.1.2")))
    assert replica.ask(gone.token).status == 200
    site.delete(gone)
    until("the entry is gone", lambda: "10.1.1.1" not in addresses(listed))
    again = site.pod("gone", "orders", address="10.1.1.1")
    bound = {"boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": bad.name, "uid": bad.uid}}
    before = len(history(listed))
    # The API server goes on taking the first for good for 10 s.
    assert replica.ask(gone.token).body["reason"] in ("token", "replaced")
    reasons = counted(replica, "richpod_gateway_denied_total", "reason")
    cases = [token(site, "https://kubernetes.default.svc", **bound), token(site, GATEWAY_AUDIENCE), "", "x.y.z"]
    assert [replica.ask(each).status for each in cases] == [401, 403, 401, 401]
    after = counted(replica, "richpod_gateway_denied_total", "reason")
    assert {reason: after[reason] - reasons.get(reason, 0) for reason in ("token", "unbound", "no-token")} == {
        "token": 2,
        "unbound": 1,
        "no-token": 1,
    }
    assert len(history(listed)) == before
    # Whoever has its name now is served by its own token.
    assert replica.ask(again.token).status == 200


def test_a_token_that_is_sent_again_costs_no_call(gateway: Led) -> None:
    site, listed, replica = gateway
    pod = site.pod("again", "orders", address="10.1.2.1")
    assert [replica.ask(pod.token).status for _ in range(10)] == [200] * 10
    assert [call["call"] for call in history(listed) if call["address"] == "10.1.2.1"] == ["POST"]
    site.status(pod, phase="Succeeded")
    until("the entry is gone", lambda: "10.1.2.1" not in addresses(listed))
    assert replica.ask(pod.token).body["reason"] == "ended"
    assert [call["call"] for call in history(listed) if call["address"] == "10.1.2.1"] == ["POST", "DELETE"]


def test_the_token_of_another_pod_brings_whoever_sends_it_nothing(gateway: Led) -> None:
    """The owner gets what the owner asks for, at its own address, and does not end by another's word."""
    site, listed, replica = gateway
    owner = site.pod("owner", "orders", address="10.1.3.1")
    thief = site.pod("thief", address="10.1.3.2")
    wish = json.dumps({"grants": ["stock"], "address": "10.1.3.2", "pod": thief.name, "uid": thief.uid}).encode()
    length = f"Content-Length: {len(wish)}".encode()
    forwarded = (b"X-Forwarded-For: 10.1.3.2", b"Forwarded: for=10.1.3.2", b"X-Remote-User: " + thief.name.encode())
    asked = f"?address=10.1.3.2&grant=stock&pod={thief.name}&uid={thief.uid}"
    for path, status in (("/authorize", 200), ("/release", 202)):
        assert sent(replica, head(owner.token.encode(), path + asked, length, *forwarded) + wish) == status
    assert replica.ask(thief.token).body["reason"] == "no-intent"
    calls = [(call["call"], call["rule"], call["address"]) for call in history(listed) if call["address"].startswith("10.1.3.")]
    assert calls == [("POST", "orders", "10.1.3.1")]
    assert "10.1.3.1" in addresses(listed)
