"""The admission call over real TLS, each answer judged as the API server judges it."""

from typing import Any, Literal

import jsonpatch
import orjson
import pytest

from tests.api_server import Rejected, Reply, create, judge
from tests.reviews import operations, pod, review
from tests.running import Running, review_body
from webhook.policy import LEVELS

Json = dict[str, Any]

REVIEW = review(pod())
BODY = orjson.dumps(REVIEW)


def response(reply: Reply) -> Json:
    assert reply.status == 200, reply
    return dict(orjson.loads(reply.body)["response"])


# --- what is answered ---


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("profile", ["default", "strict", "payments", "watched"])
def test_every_entry_of_the_policy_is_answered(webhook: Running, profile: str, level: str) -> None:
    assert response(webhook.post(BODY, f"/mutate/{profile}/{level}"))["allowed"]


@pytest.mark.parametrize("uid", ["705ab4f5-6393-11e8-b7cc-42010a800002", 'quote " and \\ backslash', "née \U0001f9ca\x00\n"])
def test_r1_the_answer_is_json_and_carries_the_uid_byte_for_byte(webhook: Running, uid: str) -> None:
    reply = webhook.post(review_body(uid=uid))
    assert reply.headers["content-type"] == "application/json"
    answer = orjson.loads(reply.body)
    assert (answer["apiVersion"], answer["kind"]) == ("admission.k8s.io/v1", "AdmissionReview")
    assert answer["response"]["uid"] == uid


def test_r3_a_pod_that_needs_no_change_gets_neither_patch_nor_type(webhook: Running) -> None:
    untouched = review(pod({"os": {"name": "windows"}}))
    reply = webhook.post(orjson.dumps(untouched))
    assert response(reply) == {"uid": untouched["request"]["uid"], "allowed": True}
    assert judge(reply, untouched).pod == untouched["request"]["object"]


def test_r4_r18_the_api_server_makes_of_a_patch_what_rfc_6902_says(webhook: Running) -> None:
    reply = webhook.post(BODY)
    patched = judge(reply, REVIEW).pod
    assert patched["spec"]["containers"][0]["command"] == ["/.richpod/bin/launch", "--", "/app"]
    assert patched == jsonpatch.apply_patch(REVIEW["request"]["object"], operations(response(reply)))


def test_r5_a_denial_names_the_field_in_one_line_under_either_failure_policy(webhook: Running) -> None:
    forged = review(pod({"containers": [{"name": "richpod-toolkit", "image": "evil", "command": ["/x"]}]}))
    reply = webhook.post(orjson.dumps(forged))
    policies: tuple[Literal["Fail", "Ignore"], ...] = ("Fail", "Ignore")
    for failure_policy in policies:
        with pytest.raises(Rejected, match=r"\* spec\.containers\[0\]\.name: richpod pod: .* is reserved") as rejected:
            create(lambda: reply, forged, failure_policy, bool)
        assert rejected.value.code == 422
        assert rejected.value.message.isprintable()


def test_r8_members_that_no_kubernetes_has_yet_survive(webhook: Running) -> None:
    newer = review(pod({"quantumPolicy": {"spin": None, "states": [1, 2]}}))
    newer["request"]["tomorrow"] = True
    assert judge(webhook.post(orjson.dumps(newer)), newer).pod["spec"]["quantumPolicy"] == {"spin": None, "states": [1, 2]}


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "UPDATE"},
        {"operation": "DELETE", "object": None},
        {"object": None},
        {"subResource": "ephemeralcontainers"},
        {"kind": {"group": "", "version": "v1", "kind": "Service"}},
        {"kind": {"group": "apps", "version": "v1", "kind": "Deployment"}},
    ],
    ids=str,
)
def test_r12_r13_what_a_wrong_rule_sends_is_allowed_unchanged_and_counted(webhook: Running, changes: Json) -> None:
    labels = {"decision": "misdirected", "level": "privileged", "profile": "default"}
    before = webhook.metric("richpod_admission_decisions_total", **labels)
    assert response(webhook.post(review_body(**changes))) == {"uid": REVIEW["request"]["uid"], "allowed": True}
    assert webhook.metric("richpod_admission_decisions_total", **labels) == before + 1


def test_r53_a_dry_run_is_answered_alike(webhook: Running) -> None:
    assert webhook.post(review_body(dryRun=True)).body == webhook.post(BODY).body


def test_an_unknown_profile_is_allowed_with_the_known_names(webhook: Running) -> None:
    admitted = judge(webhook.post(BODY, "/unknown-profile"), REVIEW)
    assert admitted.pod == REVIEW["request"]["object"]
    said, advised = admitted.warnings
    assert "NOT treated (known: default, strict, " in said
    assert advised.endswith("to change: richpod.io/profile: default among the labels of the namespace")
    # a label never selects a profile that lists its namespaces
    assert "payments" not in said
