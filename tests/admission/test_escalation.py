"""A pod author gets nothing but what the policy allows to the profile, whatever the annotations say (requirements 75 and 76)."""

import json
from copy import deepcopy
from ipaddress import ip_address, ip_network
from typing import Any

import orjson
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.admission.gains import gained, permitted
from tests.corpus.files import SHARED
from tests.in_tree import Rejected
from tests.pod_security import violations
from tests.reviews import context, patched, pod
from tests.strategies import FIXED_IP, GOOD_ANNOTATIONS, LEVEL, NODE_VOLUME, RUNTIMES, SERVICES, VOLUMES
from webhook.admission.annotations import ANNOTATIONS
from webhook.admission.workloads import pod as pod_of
from webhook.admission.workloads import workloads
from webhook.policy import Level, Policy

Json = dict[str, Any]

FEATURES = ["init", "lxcfs", "runtime", "fixed-ip", "volumes", "persist", "services"]
POLICY: Json = {
    "kubernetes": "1.35",
    "runtimes": RUNTIMES,
    "volumes": VOLUMES | NODE_VOLUME,
    "services": SERVICES,
    "fixedIP": FIXED_IP,
    "mirrors": {"docker.io/": "mirror.example/"},
    "images": {"map": {"shop/app:1": {"entrypoint": ["/entry"]}}},
}

# --- hostile words ---

KEYS = st.sampled_from([*ANNOTATIONS, "mirrors", "status", "", "inject", "profile", "images", "image", "policy", "level"])
HOSTILE = st.sampled_from(
    [
        "",
        " ",
        "true",
        "../../etc",
        "/",
        "/etc/passwd",
        "$(SECRET)",
        "${SECRET}",
        "`id`",
        "; reboot",
        "a\nrichpod.io/x: y",
        '"}],"x":[{"',
        "'",
        "\x00",
        "\x1b[2J",
        "%s%n",
        "node",
        "data,node",
        "node,../data",
        "privileged",
        "kata",
        "198.51.100.7,203.0.113.7",
        "2001:db8::7%x\ny",
        "x" * 5_000,
        "[" * 300,
        '{"app": ["/.richpod/../bin/sh"]}',
        '{"app": ["/a"], "richpod-toolkit": ["/evil"]}',
        '{"app": ["\\u0000"]}',
        '{"app": ["\\ud800"]}',
        '{"__class__": ["/a"]}',
        "1e999",
        "NaN",
        "null",
    ]
)
VALUES = HOSTILE | st.sampled_from([value for _, value in GOOD_ANNOTATIONS]) | st.text(max_size=30)
ANNOTATIONS = st.dictionaries((KEYS | st.text(max_size=10)).map("richpod.io/{}".format), VALUES, max_size=6)


@st.composite
def profiles(draw: st.DrawFn) -> Json:
    features: Json = {"init": draw(st.sampled_from(["launch", "none"])), "lxcfs": draw(st.booleans())}
    features |= {"mirrors": draw(st.booleans()), "volumes": draw(st.sampled_from([[], ["data"]]))}
    if draw(st.booleans()):
        features["runtime"] = "gvisor"
    return {"features": features, "allow": draw(st.lists(st.sampled_from(FEATURES), unique=True)), "namespaces": ["shop"]}


# --- what a pod gained ---


@given(ANNOTATIONS, profiles(), LEVEL, st.booleans())
def test_a_pod_gains_only_what_the_policy_allows(annotations: Json, profile: Json, level: Level, command: bool) -> None:
    policy = Policy.model_validate(POLICY | {"profiles": {"default": profile}})
    container = {"name": "app", "image": "shop/app:1"} | ({"command": ["/app"]} if command else {})
    sent = pod({"containers": [container]}, annotations)
    try:
        after = patched(sent, context(policy, level=level))
    except Rejected:
        return
    for thing in gained(sent, after):
        assert permitted(policy, policy.profiles["default"], level, thing), thing
    assert [line for line in violations(after, level) if line not in violations(sent, level)] == []
    if written := after["metadata"]["annotations"].get(FIXED_IP["annotation"]):
        pools = [ip_network(pool) for pool in FIXED_IP["pools"]["shop"]]
        assert all(any(ip_address(address) in pool for pool in pools) for address in json.loads(written))


@given(ANNOTATIONS)
def test_a_profile_that_allows_nothing_gives_nothing(annotations: Json) -> None:
    nothing = Policy.model_validate(POLICY | {"profiles": {"default": {"allow": []}}})
    sent = pod(annotations=annotations)
    before = deepcopy(sent)
    try:
        assert patched(sent, context(nothing)) == before
    except Rejected:
        assert {"richpod.io/persist", "richpod.io/runtime", "richpod.io/volumes"} & set(annotations)


@given(ANNOTATIONS, ANNOTATIONS)
def test_an_author_cannot_annotate_a_pod_out_of_what_is_required(annotations: Json, labels: Json) -> None:
    secure = {"features": {"runtime": "gvisor"}, "required": ["runtime"], "namespaces": ["shop"], "allow": ["init", "lxcfs"]}
    sent = pod(annotations=annotations, labels=labels)
    try:
        after = patched(sent, context(POLICY | {"profiles": {"default": secure}}))
    except Rejected:
        return
    assert after["spec"]["runtimeClassName"] == "gvisor"


BAD_PODS = sorted((SHARED / "BishopFox__badPods").glob("*.yaml"))


@pytest.mark.skipif(not BAD_PODS, reason="the corpus of manifests lies beside the repository, and is not there")
@pytest.mark.parametrize("level", ["privileged", "baseline", "restricted"])
def test_pods_made_to_break_out_get_no_further_with_us(level: Level) -> None:
    """Every file of the collection, with annotations that ask for all there is."""
    everything = dict(GOOD_ANNOTATIONS) | {"richpod.io/volumes": "data,nfs,keys", "richpod.io/runtime": "plain"}
    profile = {"features": {"init": "launch", "lxcfs": True}, "allow": FEATURES}
    policy = Policy.model_validate({**POLICY, "volumes": VOLUMES, "profiles": {"default": profile}})
    for file in BAD_PODS:
        for document in yaml.safe_load_all(file.read_text()):
            for workload in workloads(document):
                sent = orjson.loads(orjson.dumps(pod_of(workload, "shop")))
                sent["metadata"].setdefault("annotations", {}).update(everything)
                try:
                    after = patched(sent, context(policy, level=level))
                except Rejected:
                    continue
                assert [line for line in violations(after, level) if line not in violations(sent, level)] == []
                for thing in gained(sent, after):
                    assert permitted(policy, policy.profiles["default"], level, thing), (file.name, thing)
