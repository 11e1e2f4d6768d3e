"""Who calls, by a TokenReview as an API server answers it and by the pod as it is now."""

from typing import Any

import pytest

from tests.gateway.granted import OWNER, pod
from webhook.gateway.errors import Denied
from webhook.gateway.pods.identity import Caller, caller, confirmed, review

Json = dict[str, Any]

WHO = Caller(OWNER.namespace, OWNER.service_account, OWNER.pod, OWNER.uid)
EXTRA = {
    "authentication.kubernetes.io/pod-name": [OWNER.pod],
    "authentication.kubernetes.io/pod-uid": [OWNER.uid],
    "authentication.kubernetes.io/node-name": ["node-1"],
}


def answer(user: Json | None = None, **status: Any) -> Json:
    named = {"username": "system:serviceaccount:shop:web", "uid": "1", "extra": EXTRA, **(user or {})}
    return {"status": {"authenticated": True, "audiences": ["richpod-gateway"], "user": named, **status}}


def denied(status: int, reason: str) -> Any:
    return pytest.raises(Denied, check=lambda error: (error.status, error.reason) == (status, reason))


def test_the_question_names_the_audience() -> None:
    assert review("abc")["spec"] == {"token": "abc", "audiences": ["richpod-gateway"]}


def test_a_bound_token_names_its_pod() -> None:
    assert caller(answer()) == WHO


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"status": {}},
        {"status": {"error": '[invalid bearer token, token audiences ["x"] is invalid for the target audiences ["y"]]'}},
        answer(authenticated=False),
        answer(audiences=["https://kubernetes.default.svc"]),
        answer(audiences=None),
    ],
)
def test_a_token_that_is_not_valid_or_for_somebody_else(said: Json) -> None:
    with denied(401, "token") as error:
        caller(said)
    assert str(error.value) == "the token is not valid, or not for the audience richpod-gateway"


@pytest.mark.parametrize(
    "user",
    [
        {"username": "admin"},
        {"username": "system:serviceaccount:shop"},
        {"username": "system:serviceaccount::web"},
        {"extra": None},
        {"extra": {}},
        {"extra": {**EXTRA, "authentication.kubernetes.io/pod-uid": []}},
        {"extra": {**EXTRA, "authentication.kubernetes.io/pod-name": ["a", "b"]}},
    ],
)
def test_a_token_of_no_pod(user: Json) -> None:
    with denied(403, "unbound"):
        caller(answer(user))


def test_the_pod_is_the_one_of_the_token() -> None:
    assert confirmed(WHO, pod()) == pod()


@pytest.mark.parametrize(
    ("found", "reason"),
    [
        (None, "gone"),
        (pod(metadata={"uid": "other"}), "replaced"),
        (pod(spec={"serviceAccountName": "default"}), "account"),
        (pod(status={"phase": "Succeeded"}), "ended"),
        (pod(status={"phase": "Failed"}), "ended"),
        (pod(metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"}), "ending"),
        (pod(spec={"hostNetwork": True}), "host-network"),
    ],
)
def test_a_pod_that_may_not_ask(found: Json | None, reason: str) -> None:
    with denied(403, reason):
        confirmed(WHO, found)
