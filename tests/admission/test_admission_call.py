"""The admission call over real TLS, each answer judged as the API server judges it."""

from typing import Any, Literal

import jsonpatch
import orjson
import pytest

from tests.api_server import CallError, Rejected, Reply, create, judge
from tests.reviews import operations, pod, review
from tests.serving import DEFAULT, Running, head, received, review_body
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


# --- what is refused: call errors, which failurePolicy decides about ---

_METADATA_LIST = review({**pod(), "metadata": []})
NO_REVIEW = {
    "nothing": b"",
    "not JSON": b"{",
    "not UTF-8": b'"\xff"',
    "a list": b"[]",
    "null": b"null",
    "another kind": orjson.dumps({**REVIEW, "kind": "Review"}),
    "no kind": orjson.dumps({"request": REVIEW["request"]}),
    "the old version (requirement 2)": orjson.dumps({**REVIEW, "apiVersion": "admission.k8s.io/v1beta1"}),
    "no request": orjson.dumps({**REVIEW, "request": None}),
    "no uid": review_body(uid=None),
    "an empty uid": review_body(uid=""),
    "a uid of another type": review_body(uid=5),
    "a pod of another shape": orjson.dumps(_METADATA_LIST),
    "a pod that is a list": review_body(object=[1]),
    "300 levels (requirement 73)": review_body(object={"a": orjson.Fragment(b"[" * 300 + b"]" * 300)}),
    "a million levels": b"[" * 1_000_000,
}


@pytest.mark.parametrize("body", NO_REVIEW.values(), ids=NO_REVIEW)
def test_r6_what_is_no_review_is_a_call_error_and_the_server_lives_on(webhook: Running, body: bytes) -> None:
    reply = webhook.post(body)
    assert reply.status == 400
    with pytest.raises(CallError):
        judge(reply, REVIEW)
    assert webhook.alive


@pytest.mark.parametrize("containers", [1_000, 10_000])
def test_thousands_of_containers_are_answered_or_refused_whole(webhook: Running, containers: int) -> None:
    crowd = review(pod({"containers": [{"name": f"c{i}", "image": "x", "command": ["/x"]} for i in range(containers)]}))
    reply = webhook.post(orjson.dumps(crowd))
    if reply.status == 200:
        assert len(judge(reply, crowd).pod["spec"]["containers"]) >= containers
    else:
        assert reply.status == 400
    assert webhook.alive


@pytest.mark.parametrize("path", ["/mutate/secure/privileged", "/mutate/default/strictest"])
def test_a_profile_or_level_of_another_policy_is_asked_of_another_replica(webhook: Running, path: str) -> None:
    """A newer configuration may reach an older replica: the API server asks again, over a new connection."""
    reply = webhook.post(BODY, path)
    assert (reply.status, reply.headers["retry-after"], reply.headers["connection"]) == (503, "1", "close")
    answers = iter([reply, webhook.post(BODY)])
    assert "initContainers" in create(lambda: next(answers), REVIEW, "Fail", bool).pod["spec"]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
@pytest.mark.parametrize("path", [DEFAULT, "/unknown-profile", "/mutate/other/privileged"])
def test_r10_another_method_is_405(webhook: Running, method: str, path: str) -> None:
    reply = webhook.ask(method, path)
    assert (reply.status, reply.headers["allow"]) == (405, "POST")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "path",
    [
        f"{DEFAULT}/",
        f"/{DEFAULT}",
        "/unknown-profile/",
        "/mutate/default",
        "/mutate",
        "/",
        "/mutate/../healthz",
        "/mutate/DEFAULT/privileged",
        "/mutate/default%2Fx/privileged",
        "/docs",
        "/redoc",
        "/openapi.json",
        "/healthz",
        "/readyz",
        "/metrics",
    ],
)
def test_r10_r74_there_is_nothing_else_on_this_port(webhook: Running, method: str, path: str) -> None:
    assert webhook.ask(method, path).status == 404


def test_r74_no_answer_names_the_server(webhook: Running) -> None:
    for reply in (webhook.post(BODY), webhook.post(b""), webhook.ask("GET", "/"), webhook.health("/healthz")):
        assert "server" not in reply.headers
        assert b"uvicorn" not in reply.body


def test_no_refusal_keeps_the_connection(webhook: Running) -> None:
    """Nothing that was sent with a refused request may be taken for the next one."""
    with webhook.socket() as connection:
        connection.sendall(head(f"{DEFAULT}/", 3) + b"abc" + head(DEFAULT, len(BODY)) + BODY)
        assert received(connection).count(b"HTTP/1.1 ") == 1
