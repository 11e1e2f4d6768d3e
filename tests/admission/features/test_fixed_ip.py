"""fixed-ip: the CNI's annotation, with addresses out of the pool that the policy gives to the namespace, and nothing else."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.in_tree import Rejected
from tests.reviews import REPLICASET, answer, context, operations, patched, pod
from webhook.admission.pipeline import mutate

Json = dict[str, Any]

KEY = "cni.projectcalico.org/ipAddrs"
POOLS = {"shop": ["198.51.100.0/28", "2001:db8::/64"], "other": ["203.0.113.0/24"]}


def policy(form: str = "json-list", allow: tuple[str, ...] = ("fixed-ip",)) -> Json:
    section = {"annotation": KEY, "form": form, "pools": POOLS}
    return {"fixedIP": section, "profiles": {"default": {"allow": list(allow)}}}


def asked(addresses: str, policy: Json, **more: Any) -> Json:
    return answer(pod(more.pop("spec", None), {"richpod.io/fixed-ip": addresses}, **more), context(policy))


@pytest.mark.parametrize(
    ("form", "value"), [("json-list", '["198.51.100.7", "2001:db8::7"]'), ("comma-list", "198.51.100.7,2001:db8::7")]
)
def test_the_cni_reads_the_addresses_in_its_own_form(form: str, value: str) -> None:
    sent = pod(annotations={"richpod.io/fixed-ip": "198.51.100.7, 2001:0db8::0007,198.51.100.7"})
    assert patched(sent, context(policy(form)))["metadata"]["annotations"][KEY] == value


def test_only_the_configured_annotation_is_added() -> None:
    paths = [o["path"] for o in operations(asked("198.51.100.7", policy()))]
    assert paths == ["/metadata/annotations/cni.projectcalico.org~1ipAddrs", "/metadata/annotations/richpod.io~1status"]


@pytest.mark.parametrize("addresses", ["203.0.113.7", "198.51.100.16", "198.51.100.7,203.0.113.7", "::ffff:198.51.100.7"])
def test_r75_an_address_outside_the_namespaces_pool_is_skipped(addresses: str) -> None:
    response = asked(addresses, policy())
    assert "patch" not in response
    assert response["auditAnnotations"] == {"fixed-ip": "skipped: outside-pool"}


@pytest.mark.parametrize(
    ("namespace", "fix"),
    [
        ("shop", "an address of 198.51.100.0/28, 2001:db8::/64 in richpod.io/fixed-ip"),
        ("nobodys", "fixedIP.pools.nobodys: [RANGE]"),
    ],
)
def test_whose_address_is_outside_is_told_the_pool_or_that_there_is_none(namespace: str, fix: str) -> None:
    (verdict,) = mutate(pod(annotations={"richpod.io/fixed-ip": "192.0.2.7"}), namespace, context(policy())).verdicts
    assert verdict.fix == fix


def test_r48_the_pool_is_the_one_of_the_requests_namespace() -> None:
    """What the object says of its namespace is the client's word."""
    sent = pod(annotations={"richpod.io/fixed-ip": "203.0.113.7"}, namespace="other")
    assert "patch" not in answer(sent, context(policy()), namespace="shop")
    assert "patch" in answer(sent, context(policy()), namespace="other")
    assert "patch" not in answer(sent, context(policy()), namespace="nobodys")


@pytest.mark.parametrize("value", ["", ",", "x", "198.51.100.7/32", "198.51.100.7;reboot", "198.51.100.07", "2001:db8::7%eth0"])
def test_what_is_no_address_is_skipped(value: str) -> None:
    response = asked(value, policy())
    assert "patch" not in response
    assert response["auditAnnotations"] == {"fixed-ip": "skipped: bad-value"}


@given(st.text(max_size=12), st.sampled_from(["198.51.100.7", "2001:db8::7", "2001:db8::7%"]), st.text(max_size=12))
def test_r76_nothing_but_addresses_reaches_the_cni(before: str, address: str, after: str) -> None:
    """Not a zone index either, whose text an IPv6 address may carry to its end."""
    sent = pod(annotations={"richpod.io/fixed-ip": before + address + after})
    written = patched(sent, context(policy("comma-list")))["metadata"]["annotations"].get(KEY, "")
    assert set(written) <= set("0123456789abcdef.:,")


def test_r42_a_pod_on_the_nodes_network_has_no_address_of_its_own() -> None:
    response = asked("198.51.100.7", policy(), spec={"hostNetwork": True})
    assert response["auditAnnotations"] == {"fixed-ip": "skipped: conflict"}


def test_pods_of_a_job_get_it_with_a_warning() -> None:
    response = asked("198.51.100.7", policy(), owner=REPLICASET | {"kind": "Job"})
    assert response["auditAnnotations"] == {"fixed-ip": "applied: conflict"}


def test_an_annotation_that_is_there_already_is_left_alone() -> None:
    sent = pod(annotations={"richpod.io/fixed-ip": "198.51.100.7", KEY: '["198.51.100.8"]'})
    response = answer(sent, context(policy()))
    assert "patch" not in response
    assert response["auditAnnotations"] == {"fixed-ip": "skipped: already-set"}


def test_a_profile_decides_whether_pods_may_ask() -> None:
    assert asked("198.51.100.7", policy(allow=()))["auditAnnotations"] == {"fixed-ip": "skipped: not-allowed"}


def test_r21_an_annotation_that_would_burst_the_objects_limit_is_skipped() -> None:
    """256 KiB of keys and values: the API server refuses the whole pod, and names nobody."""
    full = {"richpod.io/fixed-ip": "198.51.100.7", "filler": "x" * (256 * 1024 - 70)}
    response = answer(pod(annotations=full), context(policy()))
    assert response["allowed"]
    assert "patch" not in response
    assert response["auditAnnotations"] == {"fixed-ip": "skipped: annotations-full"}


def test_no_section_no_address() -> None:
    strict = {"profiles": {"default": {"allow": ["init"], "onConflict": "refuse"}}}
    with pytest.raises(Rejected, match="does not let pods choose fixed-ip"):
        patched(pod(annotations={"richpod.io/fixed-ip": "198.51.100.7"}), context(strict))
