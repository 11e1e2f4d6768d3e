"""The admission call over real TLS, each answer judged as the API server judges it."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any, Literal

import jsonpatch
import orjson
import pytest

from tests.api_server import CallError, Rejected, Reply, create, judge
from tests.reviews import operations, pod, review
from tests.serving import DEFAULT, Files, Running, exchange, thread
from webhook.admission.admission_call import BODY_LIMIT, PENDING_LIMIT
from webhook.policy import LEVELS, ImageArgv, Policy

Json = dict[str, Any]

REVIEW = review(pod())
BODY = orjson.dumps(REVIEW)


def response(reply: Reply) -> Json:
    assert reply.status == 200, reply
    return dict(orjson.loads(reply.body)["response"])


def changed(review: Json, **changes: Any) -> bytes:
    """The review with members of its request replaced; None removes one."""
    request = {**review["request"], **changes}
    return orjson.dumps({**review, "request": {key: value for key, value in request.items() if value is not None}})


def head(path: str = DEFAULT, length: int = 0, *more: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: localhost", f"Content-Length: {length}", *more, "", ""]
    return "\r\n".join(lines).encode()


def received(connection: Any) -> bytes:
    """All that comes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def is_alive(webhook: Running) -> bool:
    return webhook.post(BODY).status == 200 and webhook.health("/readyz").status == 200


# --- what is answered ---


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("profile", ["default", "strict", "payments", "watched"])
def test_every_entry_of_the_policy_is_answered(webhook: Running, profile: str, level: str) -> None:
    assert response(webhook.post(BODY, f"/mutate/{profile}/{level}"))["allowed"]


@pytest.mark.parametrize("uid", ["705ab4f5-6393-11e8-b7cc-42010a800002", 'quote " and \\ backslash', "née \U0001f9ca\x00\n"])
def test_r1_the_answer_is_json_and_carries_the_uid_byte_for_byte(webhook: Running, uid: str) -> None:
    reply = webhook.post(changed(REVIEW, uid=uid))
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
    assert response(webhook.post(changed(REVIEW, **changes))) == {"uid": REVIEW["request"]["uid"], "allowed": True}
    assert webhook.metric("richpod_admission_decisions_total", **labels) == before + 1


def test_r53_a_dry_run_is_answered_alike(webhook: Running) -> None:
    assert webhook.post(changed(REVIEW, dryRun=True)).body == webhook.post(BODY).body


def test_an_unknown_profile_is_allowed_with_the_known_names(webhook: Running) -> None:
    admitted = judge(webhook.post(BODY, "/unknown-profile"), REVIEW)
    assert admitted.pod == REVIEW["request"]["object"]
    assert len(admitted.warnings) == 1
    assert "default, strict, watched" in admitted.warnings[0]
    # a label never selects a profile that lists its namespaces
    assert "payments" not in admitted.warnings[0]


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
    "no uid": changed(REVIEW, uid=None),
    "an empty uid": changed(REVIEW, uid=""),
    "a uid of another type": changed(REVIEW, uid=5),
    "a pod of another shape": orjson.dumps(_METADATA_LIST),
    "a pod that is a list": changed(REVIEW, object=[1]),
    "300 levels (requirement 73)": changed(REVIEW, object={"a": orjson.Fragment(b"[" * 300 + b"]" * 300)}),
    "a million levels": b"[" * 1_000_000,
}


@pytest.mark.parametrize("body", NO_REVIEW.values(), ids=NO_REVIEW)
def test_r6_what_is_no_review_is_a_call_error_and_the_server_lives_on(webhook: Running, body: bytes) -> None:
    reply = webhook.post(body)
    assert reply.status == 400
    with pytest.raises(CallError):
        judge(reply, REVIEW)
    assert is_alive(webhook)


@pytest.mark.parametrize("length", [BODY_LIMIT, 2 * BODY_LIMIT, 10**15])
def test_r7_a_body_of_7_mib_is_refused_before_it_is_read(webhook: Running, length: int) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, length))
        assert received(connection).startswith(b"HTTP/1.1 413 ")


def test_r7_whoever_sends_all_of_a_body_that_is_too_large_still_reads_why(webhook: Running) -> None:
    with pytest.raises(CallError, match="413"):
        judge(webhook.post(bytes(BODY_LIMIT + 1)), REVIEW)
    assert is_alive(webhook)


def test_r7_a_body_one_byte_smaller_is_answered(webhook: Running) -> None:
    room = BODY_LIMIT - 1 - len(changed(REVIEW, padding=""))
    largest = changed(REVIEW, padding="x" * room)
    assert len(largest) == BODY_LIMIT - 1
    assert "patch" in response(webhook.post(largest))


@pytest.mark.parametrize("containers", [1_000, 10_000])
def test_thousands_of_containers_are_answered_or_refused_whole(webhook: Running, containers: int) -> None:
    crowd = review(pod({"containers": [{"name": f"c{i}", "image": "x", "command": ["/x"]} for i in range(containers)]}))
    reply = webhook.post(orjson.dumps(crowd))
    if reply.status == 200:
        assert len(judge(reply, crowd).pod["spec"]["containers"]) >= containers
    else:
        assert reply.status == 400
    assert is_alive(webhook)


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


# --- requirement 11: the time the API server gives ---


@pytest.mark.parametrize("sent", [b"", b"{", BODY[:-1]], ids=["nothing", "one byte", "all but one byte"])
def test_r11_a_body_that_does_not_come_is_given_up_while_the_api_server_still_listens(webhook: Running, sent: bytes) -> None:
    with webhook.socket() as connection:
        connection.settimeout(1.0)
        connection.sendall(head(f"{DEFAULT}?timeout=1s", len(BODY)))
        if sent:
            connection.sendall(sent)
        assert connection.recv(65536).startswith(b"HTTP/1.1 408 ")
    assert is_alive(webhook)


def test_r11_a_body_in_many_pieces_is_answered(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(f"{DEFAULT}?timeout=10s", len(BODY), "Connection: close"))
        for i in range(0, len(BODY), 100):
            connection.sendall(BODY[i : i + 100])
        assert received(connection).startswith(b"HTTP/1.1 200 ")


def test_a_caller_that_waits_for_leave_to_send_its_body_gets_it(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, len(BODY), "Expect: 100-continue", "Connection: close"))
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(BODY)
        assert received(connection).startswith(b"HTTP/1.1 200 ")


def test_a_caller_that_leaves_is_counted_and_forgotten(webhook: Running) -> None:
    before = webhook.metric("richpod_admission_errors_total", **{"class": "gone"})
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, len(BODY)) + BODY[:100])
        webhook.await_metric("richpod_admission_in_flight", 1)
    webhook.await_metric("richpod_admission_in_flight", 0)
    assert webhook.metric("richpod_admission_errors_total", **{"class": "gone"}) == before + 1


def test_r71_more_large_bodies_than_memory_allows_are_asked_to_come_again(webhook: Running) -> None:
    connections = [webhook.socket() for _ in range(PENDING_LIMIT // (BODY_LIMIT - 1))]
    for connection in connections:
        connection.sendall(head(f"{DEFAULT}?timeout=30s", BODY_LIMIT - 1) + b"{")
    webhook.await_metric("richpod_admission_in_flight", len(connections))
    with webhook.socket() as one_more:
        one_more.sendall(head(DEFAULT, BODY_LIMIT - 1) + b"{")
        refusal = received(one_more)
    assert refusal.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1\r\n" in refusal
    assert is_alive(webhook)
    for connection in connections:
        connection.close()
    webhook.await_metric("richpod_admission_in_flight", 0)
    assert webhook.post(changed(REVIEW, padding="x" * (BODY_LIMIT // 2))).status == 200


# --- HTTP/1.1 as it should not be spoken ---


def test_r73_a_body_of_unknown_length_is_refused(webhook: Running) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked"))
        connection.sendall(b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY))
        refusal = received(connection)
    assert refusal.startswith(b"HTTP/1.1 400 ")
    assert b"Transfer-Encoding is not accepted" in refusal


@pytest.mark.parametrize(
    "header",
    [
        "Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Content-Length: 99",
        "Content-Length : 2",
        "Content-Length: -1",
        "Content-Length: 99999999999999999999",
        "X: a\x00b",
        "no colon",
    ],
)
def test_r73_a_head_that_two_servers_could_read_differently_is_refused(webhook: Running, header: str) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, 2, header) + b"{}")
        assert received(connection).startswith(b"HTTP/1.1 400 ")
    assert is_alive(webhook)


@pytest.mark.parametrize("headers", [["X: " + "x" * 40_000], [f"X{i}: x" for i in range(9_000)]], ids=["one", "many"])
def test_r73_a_head_that_is_too_large_is_refused(webhook: Running, headers: list[str]) -> None:
    with webhook.socket() as connection:
        connection.sendall(head(DEFAULT, len(BODY), *headers) + BODY)
        assert received(connection).startswith(b"HTTP/1.1 431 ")


@pytest.mark.parametrize(
    "noise", [b"\x00\xff\x00\xff\r\n\r\n", b"GET\r\n\r\n", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\r\n" * 9 + b"}"]
)
def test_noise_ends_its_own_connection_only(webhook: Running, noise: bytes) -> None:
    with webhook.socket() as connection:
        connection.sendall(noise)
        connection.settimeout(5)
        assert received(connection).startswith(b"HTTP/1.1 400 ")
    assert is_alive(webhook)


def test_a_thousand_calls_go_over_one_connection(webhook: Running) -> None:
    with closing(webhook.connection()) as connection:
        connection.connect()
        opened = connection.sock
        assert all(exchange(connection, "POST", DEFAULT, BODY).status == 200 for _ in range(1_000))
        assert connection.sock is opened


def test_calls_sent_without_waiting_are_answered_in_their_order(webhook: Running) -> None:
    uids = [f"uid-{i}" for i in range(20)]
    bodies = [changed(REVIEW, uid=uid) for uid in uids]
    with webhook.socket() as connection:
        last = head(DEFAULT, len(bodies[-1]), "Connection: close") + bodies[-1]
        connection.sendall(b"".join(head(DEFAULT, len(body)) + body for body in bodies[:-1]) + last)
        answers = received(connection)
    places = [answers.index(f'"uid":"{uid}"'.encode()) for uid in uids]
    assert places == sorted(places)


def test_r72_two_hundred_calls_at_once_are_all_answered(webhook: Running) -> None:
    with ThreadPoolExecutor(50) as pool:
        assert {reply.status for reply in pool.map(webhook.post, [BODY] * 200)} == {200}


# --- requirement 9: a failure of our own ---

SECRET = "s3cret-value"


def failing(image: str) -> ImageArgv | None:
    if image == "explosive":
        raise RuntimeError(f"{image} {SECRET}")
    return ImageArgv(entrypoint=["/known"])


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A webhook with a resolver that fails on one image: what a bug in a feature would do."""
    with thread(Files(tmp_path_factory.mktemp("fragile")), Policy(), failing) as running:
        yield running


def test_r9_a_failure_of_our_own_is_failure_policys_to_decide(fragile: Running) -> None:
    unlucky = review(pod({"containers": [{"name": "app", "image": "explosive", "env": [{"name": "P", "value": SECRET}]}]}))
    reply = fragile.post(orjson.dumps(unlucky))
    assert reply.status == 500
    assert create(lambda: reply, unlucky, "Ignore", bool).pod == unlucky["request"]["object"]
    with pytest.raises(Rejected) as rejected:
        create(lambda: reply, unlucky, "Fail", bool)
    # users read this
    assert rejected.value.message.endswith(
        '("richpod failed; the log of the webhook says where") has prevented the request from succeeding'
    )


def test_r9_r57_the_log_says_where_it_failed_and_for_whom_but_not_with_what(fragile: Running) -> None:
    unlucky = review(pod({"containers": [{"name": "app", "image": "explosive"}]}))
    fragile.post(changed(unlucky, uid="unlucky-1"))
    line = fragile.log.event("refused-call", status=500, uid="unlucky-1", namespace="shop")
    assert line["exception"] == "RuntimeError"
    assert f"{Path(__file__).name}:" in line["traceback"][-1]
    assert "failing" in line["traceback"][-1]
    assert SECRET not in str(line)


def test_r9_the_next_pod_is_served(fragile: Running) -> None:
    fragile.post(orjson.dumps(review(pod({"containers": [{"name": "app", "image": "explosive"}]}))))
    calm = review(pod({"containers": [{"name": "app", "image": "calm"}]}))
    assert judge(fragile.post(orjson.dumps(calm)), calm).pod["spec"]["containers"][0]["command"][-1] == "/known"
