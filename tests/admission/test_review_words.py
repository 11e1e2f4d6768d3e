"""What a review's answer says beside the patch: audit annotations, facts for the log, unknown profiles."""

import re

import orjson
from hypothesis import given
from hypothesis import strategies as st

from tests.admission.rich import RICH, sent
from tests.reviews import answer, context, operations, pod, review
from webhook.admission.review import Answer, admit, admit_unknown_profile
from webhook.policy import Policy


def test_r56_keys_of_audit_annotations_are_plain_names() -> None:
    key = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
    for annotations in (None, {"richpod.io/fixed-ip": "x", "richpod.io/no such/thing": "y", "richpod.io/volumes": "z"}):
        found = answer(pod(annotations=annotations), context(RICH))["auditAnnotations"]
        assert all(key.fullmatch(name) for name in found)


@given(st.text(min_size=1))
def test_r56_values_of_audit_annotations_hold_no_word_of_a_users(text: str) -> None:
    annotations = {"richpod.io/init": text, "richpod.io/containers": text, f"richpod.io/{text}": text}
    said = answer(pod(annotations=annotations), context(RICH)).get("auditAnnotations", {})
    words = {"applied", "adapted", "skipped", "refused", "bad-value", "unknown-container", "unknown-annotation", "not-allowed"}
    for value in said.values():
        assert set(re.split(r"[;:] ", value)) <= words | {"conflict", "argv-unknown", "bare-pod", "no-cgroup"}


def test_r57_the_facts_for_the_log_are_names_and_numbers_only() -> None:
    container = {"name": "app", "image": "a:1", "command": ["/a"], "env": [{"name": "P", "value": "s3cret"}]}
    found = admit(orjson.dumps(review(pod({"containers": [container]}, {"note": "s3cret"}))), context(RICH))
    said = {"decision", "uid", "namespace", "kind", "name", "operation", "operations", "verdicts"}
    assert set(Answer._fields) == {*said, "body", "wanted"}
    assert "s3cret" not in repr(found._replace(body=b"", wanted=None))
    assert b"s3cret" not in found.body


def test_r22_no_value_of_the_pods_environment_is_in_a_patch() -> None:
    container = {"name": "app", "image": "a:1", "command": ["/a"], "env": [{"name": "P", "value": "s3cret"}]}
    assert "s3cret" not in repr(operations(answer(pod({"containers": [container]}), context(RICH))))


def test_an_unknown_profile_changes_nothing_and_is_said_with_the_known_ones() -> None:
    found = admit_unknown_profile(sent(), Policy.model_validate({"profiles": {"web": {}}}))
    assert orjson.loads(found.body)["response"] == {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "allowed": True,
        "warnings": [
            "richpod web-5c9-: the namespace asks for a profile that no label selects: NOT treated (known: default, web)",
            "richpod web-5c9-: to change: richpod.io/profile: default among the labels of the namespace",
        ],
        "auditAnnotations": {"pod": "skipped: unknown-profile"},
    }
    assert admit_unknown_profile(sent({"operation": "DELETE"}), Policy()).decision == "misdirected"


def test_an_unknown_profile_where_no_profile_can_be_selected_by_label() -> None:
    """Every profile of such a policy lists its namespaces."""
    listed = Policy.model_validate({"profiles": {"default": {"namespaces": ["ops"]}}})
    response = orjson.loads(admit_unknown_profile(sent(), listed).body)["response"]
    assert response["allowed"]
    assert len(response["warnings"]) == 1
