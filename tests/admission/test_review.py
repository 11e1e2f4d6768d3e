"""AdmissionReview in, AdmissionReview out: what is answered, what is refused, what is no answer at all."""

import re
from base64 import b64decode
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.admission.rich import sent
from tests.reviews import answer, context, operations, pod, review
from webhook.admission.review import admit
from webhook.errors import BadReview

Json = dict[str, Any]


# --- A. protocol ---


@given(st.text(min_size=1))
def test_r1_the_uid_comes_back_byte_for_byte(uid: str) -> None:
    body = orjson.loads(admit(sent({"uid": uid}), context()).body)
    assert body["apiVersion"] == "admission.k8s.io/v1"
    assert body["kind"] == "AdmissionReview"
    assert body["response"]["uid"] == uid


def test_r2_other_versions_of_the_review_are_refused() -> None:
    old = orjson.dumps({**review(pod()), "apiVersion": "admission.k8s.io/v1beta1"})
    with pytest.raises(BadReview, match=re.escape("only admission.k8s.io/v1 is served")) as raised:
        admit(old, context())
    assert raised.value.status == 400


def test_r4_the_patch_is_standard_base64_of_an_array() -> None:
    response = answer(pod(), context())
    assert response["patchType"] == "JSONPatch"
    assert isinstance(orjson.loads(b64decode(response["patch"], validate=True)), list)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b"{",
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1"}',
        b'{"kind":"Review","apiVersion":"admission.k8s.io/v1","request":{"uid":"1"}}',
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":[]}',
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{}}',
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":""}}',
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":1}}',
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","namespace":["shop"]}}',
        b'{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"1","kind":"Pod"}}',
        b"\xff\xfe",
        b'{"kind":NaN}',
        b'"\\ud800"',
    ],
)
def test_r6_what_is_no_review_is_answered_400(body: bytes) -> None:
    with pytest.raises(BadReview) as raised:
        admit(body, context())
    assert raised.value.status == 400


@given(st.binary(max_size=60))
@example(b"[" * 100_000)
@example(b'{"a":' * 100_000)
@example(b'"' * 100_001)
@example(b"\\" * 100_000)
def test_r6_no_bytes_do_harm(body: bytes) -> None:
    with pytest.raises(BadReview):
        admit(body, context())


def nested(levels: int) -> Json:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return {"futureField": value}


def test_r73_what_is_nested_beyond_every_pod_is_refused() -> None:
    assert admit(orjson.dumps(review(pod(nested(150)))), context()).decision == "patched"
    deep = orjson.dumps(review(pod({"futureField": 1}))).replace(
        b'"futureField":1', b'"futureField":' + b"[" * 5000 + b"]" * 5000
    )
    with pytest.raises(BadReview, match="nested too deeply") as raised:
        admit(deep, context())
    assert raised.value.status == 400


@pytest.mark.parametrize("text", ["[" * 5000, "{" * 5000, '"[' * 5000, "\\[" * 5000, "[\n" * 5000])
def test_r73_brackets_in_a_script_are_no_nesting(text: str) -> None:
    container = {"name": "app", "image": "a:1", "command": ["sh", "-c", text]}
    assert admit(orjson.dumps(review(pod({"containers": [container]}))), context()).decision == "patched"


def test_r8_fields_nobody_knows_are_left_alone() -> None:
    unknown = review(pod({"futureField": {"a": [1]}}), futureField={"x": 1}) | {"futureField": 1}
    response = orjson.loads(admit(orjson.dumps(unknown), context()).body)["response"]
    assert not any("future" in operation["path"] for operation in operations(response))


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "UPDATE"},
        {"operation": "DELETE"},
        {"operation": "CONNECT"},
        {"subResource": "ephemeralcontainers"},
        {"subResource": "resize"},
        {"kind": {"group": "apps", "version": "v1", "kind": "Deployment"}},
        {"kind": {"group": "", "version": "v2", "kind": "Pod"}},
        {"kind": None},
    ],
)
def test_r12_trap_26_every_other_call_is_allowed_and_counted_as_misdirected(changes: Json) -> None:
    found = admit(sent(changes), context())
    assert found.decision == "misdirected"
    assert orjson.loads(found.body)["response"] == {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True}


def test_r13_no_object_no_patch() -> None:
    found = admit(sent({"object": None}), context())
    assert orjson.loads(found.body)["response"] == {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True}


@pytest.mark.parametrize("created", [{}, {"creationTimestamp": None}])
def test_r82_pods_of_servers_before_and_since_1_34(created: Json) -> None:
    """Up to 1.33 the API server sends `creationTimestamp: null`, since then nothing."""
    response = answer(pod(**created), context())
    assert operations(response) == operations(answer(pod(), context()))
