"""Call errors, which failurePolicy decides about: what is refused over real TLS."""

import orjson
import pytest

from tests.api_server import CallError, create, judge
from tests.reviews import pod, review
from tests.running import DEFAULT, Running, head, received, review_body

REVIEW = review(pod())
BODY = orjson.dumps(REVIEW)
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
