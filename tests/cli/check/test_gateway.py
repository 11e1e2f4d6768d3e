"""Whether pods that ask for grants are answered, and whether what has ended is given back."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from certs.authority import new_leaf
from tests.cli.check.healthy import AUTHORITY, LEADER, NOW, POLICY, READY, facts, lease, line, said, slices
from tests.cli.manifests.conftest import GRANTING
from tests.gateway.granted import grant
from tests.gateway.grants.test_stored import ACTIVE
from webhook.cli.check.facts import Facts
from webhook.cli.check.gateway import CLOSE, LONG, OPEN
from webhook.gateway.grants import stored
from webhook.gateway.grants.grant import Grant
from webhook.installation import SERVER_NAMES
from webhook.policy.file import parse

Json = dict[str, Any]
GRANTED = parse(GRANTING)
SECRETS = {"acl-token": {"metadata": {"name": "acl-token"}}}


def granting(**changes: Any) -> Facts:
    return facts(GRANTED, **{"gateway_secrets": SECRETS, **changes})


def held(one: Grant, written: datetime = NOW) -> Json:
    found = stored.whole(one, 0)
    at = f"{written:%Y-%m-%dT%H:%M:%SZ}"
    fields = [{"manager": "a", "time": "2020-01-01T00:00:00Z"}, {"manager": "a", "subresource": "status", "time": at}]
    found["metadata"] |= {"creationTimestamp": "2020-01-01T00:00:00Z", "managedFields": fields}
    return found


REVOKING = grant(ended="the pod is gone", entries=(ACTIVE._replace(state="revoking", reason="it answered 500"),))


@pytest.mark.parametrize("name", ["gateway", "gateway-leader", "grants", "certificate"])
def test_in_good_health_and_where_none_is_needed_all_is_well(name: str) -> None:
    assert line(name, granting()).result == "ok"
    none = facts(POLICY, gateway_pods=[], gateway_lease=None, gateway_slices=[], grants=None)
    assert line(name, none).result == "ok"


# --- the gateway itself ---


def test_a_gateway_that_is_not_there_is_a_problem() -> None:
    assert said("gateway", granting(gateway=None)) == [("problem", "there is no Deployment richpod-system/richpod-gateway")]


def test_one_replica_is_too_few() -> None:
    there = granting().gateway
    assert isinstance(there, dict)
    there["status"]["availableReplicas"] = 1
    assert said("gateway", granting(gateway=there)) == [("problem", "1 of 2 replicas of the gateway are available")]


def test_a_gateway_of_another_policy_is_named() -> None:
    of_before = facts(parse(f"{GRANTING}\nkubernetes: '1.36'")).gateway
    worst, *_ = said("gateway", granting(gateway=of_before))
    assert worst[0] == "problem"
    assert worst[1].startswith("the gateway runs richpod-policy-")


def test_a_gateway_of_another_version_is_named() -> None:
    there = granting().gateway
    assert isinstance(there, dict)
    there["spec"]["template"]["spec"]["containers"][0]["image"] = "ghcr.io/richpod/richpod:0.0.1"
    ((result, sentence),) = said("version", granting(gateway=there))
    assert (result, sentence.partition(" runs ")[0]) == ("problem", "Deployment richpod-gateway")


def test_without_the_definition_nobody_can_be_authorized() -> None:
    (worst, _) = said("gateway", granting(grants=None))
    assert worst == ("problem", "there is no CustomResourceDefinition grants.richpod.io: nobody can be authorized")


def test_a_secret_that_is_missing_is_named_with_the_upstream_that_needs_it() -> None:
    (worst, _) = line("gateway", granting(gateway_secrets={"acl-token": None})).findings
    assert worst.sentence == "there is no Secret richpod-system/acl-token, which acl needs: new replicas wait for it"
    assert worst.fix.startswith("kubectl -n richpod-system create secret generic acl-token ")


def test_what_an_earlier_policy_has_left_is_named() -> None:
    left = facts(POLICY, gateway=granting().gateway, grants=[held(grant(entries=(ACTIVE,))), held(grant(ended="it is over"))])
    (finding,) = line("gateway", left).findings
    assert (finding.result, finding.sentence) == (
        "warning",
        "the policy has no grants, and the gateway of an earlier one still holds 1 Grant",
    )
    assert finding.fix.startswith(CLOSE)


def test_grants_without_a_gateway_are_entries_that_nobody_takes_back() -> None:
    (finding,) = line("gateway", facts(POLICY, grants=[held(REVOKING)])).findings
    assert (finding.result, finding.sentence) == (
        "problem",
        "1 Grant is left of a gateway that is gone: upstreams still hold their entries",
    )


def test_a_certificate_of_before_the_gateway_is_not_what_pods_ask_for() -> None:
    leaf = new_leaf(AUTHORITY, SERVER_NAMES[:4], NOW, timedelta(days=50))
    sentence = "it does not answer for richpod-gateway.richpod-system.svc, as which pods call the gateway"
    assert said("certificate", granting(serving=leaf)) == [("problem", sentence)]
    assert line("certificate", facts(serving=leaf)).result == "ok"


# --- who leads ---


@pytest.mark.parametrize(
    "found", [None, {"metadata": {"name": "a"}}, lease(NOW - timedelta(minutes=5))], ids=["none", "empty", "run out"]
)
def test_without_a_leader_whoever_asks_waits(found: Json | None) -> None:
    worst, *_ = said("gateway-leader", granting(gateway_lease=found))
    assert worst == ("problem", "no replica of the gateway leads: whoever asks waits")


def test_a_clock_that_is_a_little_ahead_takes_nobody_his_lead() -> None:
    assert line("gateway-leader", granting(gateway_lease=lease(NOW - timedelta(seconds=40)))).result == "ok"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"gateway_slices": slices()}, "pods are sent nowhere: no EndpointSlice has an address"),
        ({"gateway_slices": slices("gone")}, "pods are sent to gone, which is no replica that is ready"),
        ({"gateway_pods": []}, f"pods are sent to {LEADER}, which is no replica that is ready"),
        (
            {"gateway_pods": [{"metadata": {"name": LEADER}, "status": {}}]},
            f"pods are sent to {LEADER}, which is no replica that is ready",
        ),
    ],
)
def test_pods_must_find_the_leader(changes: Any, sentence: str) -> None:
    assert said("gateway-leader", granting(**changes)) == [("problem", sentence)]


def test_a_slice_that_is_missing_is_applied_again() -> None:
    (worst, _) = said("gateway-leader", granting(gateway_slices=slices(LEADER)[:1]))
    assert worst == ("problem", "there is no EndpointSlice richpod-gateway-ipv6")


def test_a_gateway_that_was_closed_is_opened() -> None:
    closed = lease(NOW)
    closed["metadata"]["annotations"] = {"richpod.io/close": "true"}
    worst, *_ = line("gateway-leader", granting(gateway_lease=closed)).findings
    assert worst.sentence == "the gateway was closed: it sends every pod away, and revokes what others hold"
    assert worst.fix == OPEN


def test_whoever_leads_is_named() -> None:
    pods = [{"metadata": {"name": name}, "status": READY} for name in (LEADER, "other")]
    assert said("gateway-leader", granting(gateway_pods=pods)) == [("ok", f"{LEADER} leads, and is who pods are sent to")]


# --- what is to be given back ---


@pytest.mark.parametrize(("age", "result"), [(LONG / 2, "warning"), (LONG * 2, "problem")])
def test_what_an_upstream_does_not_give_back_is_named_and_after_a_while_a_problem(age: timedelta, result: str) -> None:
    sentence = "2 entries wait to be revoked: acl: it answered 500: shop/web-1"
    assert said("grants", granting(grants=[held(REVOKING, NOW - age)] * 2)) == [(result, sentence)]


def test_what_is_being_revoked_is_no_news() -> None:
    (entry,) = REVOKING.entries
    first = REVOKING._replace(entries=(entry._replace(reason=""),))
    others = [grant(entries=(entry._replace(state="refused"),)), grant(ended="it is over")]
    assert line("grants", granting(grants=[held(one, NOW - 2 * LONG) for one in (first, *others)])).result == "ok"


def test_a_grant_that_somebody_spoilt_is_named() -> None:
    spoilt = held(REVOKING)
    del spoilt["spec"]["pod"]
    (result, sentence), _ = said("grants", granting(grants=[spoilt]))
    assert result == "problem"
    assert sentence.startswith("Grant 5f0c is not as richpod writes it: ")
