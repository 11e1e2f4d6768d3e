"""AdmissionReview in, AdmissionReview out: what is answered, what is refused, what is no answer at all."""

import os
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.reviews import answer, context, operations, pod, review
from tests.strategies import NODE_VOLUME, RUNTIMES, VOLUMES
from webhook.admission.kubectl import CAUSES
from webhook.admission.review import Answer, admit, admit_unknown_profile
from webhook.errors import BadReview
from webhook.policy import Policy

Json = dict[str, Any]

RICH: Json = {
    "runtimes": RUNTIMES,
    "volumes": VOLUMES | NODE_VOLUME,
    "mirrors": {"docker.io/": "m.example/"},
    "lxcfs": {"nodeSelector": {"b": "1", "a": "2"}},
    "profiles": {
        "default": {
            "features": {"init": "launch", "lxcfs": True, "mirrors": True, "volumes": ["data", "node"]},
            "allow": ["init", "lxcfs", "volumes", "runtime"],
            "namespaces": ["shop"],
        }
    },
}


def sent(changes: Json | None = None) -> bytes:
    return orjson.dumps(review(pod(), **(changes or {})))


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


# --- denials ---


def denied(annotations: Json | None = None, **spec: Any) -> Json:
    found: Json = answer(pod(spec or None, annotations), context(RICH))
    assert found["allowed"] is False
    status: Json = found["status"]
    return status


def test_r5_a_denial_names_field_and_reason_for_kubectl() -> None:
    status = denied({"richpod.io/volumes": "dta"})
    assert status["code"] == 422
    assert status["reason"] == "Invalid"
    assert status["details"]["causes"] == [
        {
            "reason": "FieldValueInvalid",
            "field": "metadata.annotations[richpod.io/volumes]",
            "message": "richpod volumes: volume dta is not defined; did you mean data? (known: data, nfs, keys, claimed, node)",
        }
    ]
    assert "retryAfterSeconds" not in status["details"]
    assert "admission webhook" not in status["message"]


@given(st.text(min_size=1, max_size=500))
def test_r5_r57_whatever_a_user_wrote_a_denial_is_one_line(text: str) -> None:
    status = denied({"richpod.io/volumes": text.replace(",", "") + "x"})
    assert status["message"].isprintable()
    assert all(cause["message"].isprintable() and cause["field"].isprintable() for cause in status["details"]["causes"])


def test_r5_names_of_containers_are_not_validated_yet_when_we_are_asked() -> None:
    """The API server validates after mutation: a name may hold anything, also in the field of a cause."""
    container = {"name": "a\nrichpod said: all is well", "image": "a:1", "volumeMounts": [{"name": "v", "mountPath": "/data"}]}
    status = denied(containers=[container], volumes=[{"name": "v", "emptyDir": {}}])
    assert status["message"].isprintable()
    assert all(cause["field"].isprintable() for cause in status["details"]["causes"])


def test_r5_a_denial_holds_nothing_of_one_pod_only_so_that_events_aggregate() -> None:
    one, other = pod(annotations={"richpod.io/volumes": "dta"}), pod(annotations={"richpod.io/volumes": "dta"})
    other["metadata"] |= {"name": "web-5c9-x7k2p", "uid": "another"}
    said, again = answer(one, context(RICH))["status"], answer(other, context(RICH))["status"]
    assert (said["message"], said["details"]["causes"]) == (again["message"], again["details"]["causes"])


# --- 47 to 49, 53: what an answer depends on ---


@pytest.mark.parametrize(
    ("metadata", "name"),
    [({"generateName": "web-"}, "web-"), ({"name": "web-0", "generateName": "web-"}, "web-0"), ({"generateName": None}, "")],
)
def test_r47_a_pod_without_a_name_is_called_by_its_generate_name(metadata: Json, name: str) -> None:
    assert admit(orjson.dumps(review(pod(**metadata))), context()).name == name


def test_r48_the_namespace_is_the_requests() -> None:
    found = admit(orjson.dumps(review(pod(namespace="kube-system"), namespace="shop")), context())
    assert (found.namespace, found.decision) == ("shop", "patched")
    assert admit(orjson.dumps(review(pod(namespace="shop"), namespace="kube-system")), context()).decision == "left-alone"


def test_r49_who_asks_changes_nothing() -> None:
    users = [{"username": "system:admin", "groups": ["system:masters"]}, {}, None, {"username": "mallory"}]
    assert len({admit(sent({"userInfo": user}), context(RICH)).body for user in users}) == 1


@pytest.mark.parametrize("annotations", [None, {"richpod.io/volumes": "dta"}])
def test_r53_a_dry_run_gets_the_same_answer(annotations: Json | None) -> None:
    bodies = {
        admit(orjson.dumps(review(pod(annotations=annotations), dryRun=dry_run)), context(RICH)).body
        for dry_run in (True, False, None)
    }
    assert len(bodies) == 1


PROGRAM = """
import sys
import orjson
from tests.reviews import context, review, pod
from tests.admission.test_review import RICH
from webhook.admission.review import admit
annotations = {"richpod.io/volumes": "data,keys", "richpod.io/x": "1", "richpod.io/lxcsf": "1", "richpod.io/containers": "b,app"}
refused = pod(annotations={"richpod.io/volumes": "x"})
for sent in (pod(), pod(annotations=annotations), pod({"runtimeClassName": "evil"}), refused):
    sys.stdout.buffer.write(admit(orjson.dumps(review(sent)), context(RICH)).body + b"\\n")
"""


def test_r20_every_process_answers_with_the_same_bytes() -> None:
    """Nothing hangs on the order of a set, the clock or chance."""
    root = Path(__file__).parents[2]
    answers = {
        subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(root)},
            cwd=root,
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("0", "1", "2026")
    }
    assert len(answers) == 1
    assert answers.pop().count(b"\n") == 4


# --- what is worth telling ---


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
        assert set(re.split(r"[;:] ", value)) <= words | {"conflict", "argv-unknown", "bare-pod"}


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


# --- whoever wrote a pod is told of its labels ---

MISPLACED = {"richpod.io/inject": "False", "richpod.io/init": "none"}


def unowned(labels: Any) -> Json:
    return pod(owner=None, name="web", labels=labels)


def test_labels_that_mean_nothing_are_said_of_a_pod_that_somebody_wrote() -> None:
    response = answer(unowned(MISPLACED), context({"profiles": {"default": {}}}))
    assert response == {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "allowed": True,
        "warnings": [
            "richpod web: richpod.io/init does nothing here: it is an annotation of pods, not a label",
            "richpod web: to change: move it to metadata.annotations",
            'richpod web: the pod\'s label richpod.io/inject is "False", neither true nor false: the pod is treated',
            'richpod web: to change: richpod.io/inject: "false" among the labels of the pod',
        ],
        "auditAnnotations": {"pod": "skipped: wrong-place"},
    }


def test_nobody_reads_what_is_said_of_a_controllers_pod() -> None:
    """Whoever wrote the workload has read it in the preview."""
    assert "warnings" not in answer(pod(labels=MISPLACED), context())


def test_a_label_in_the_wrong_place_denies_nothing_where_a_skip_does() -> None:
    """As `dry-run` has it: it is no feature's."""
    assert answer(unowned(MISPLACED), context({"profiles": {"default": {"onConflict": "refuse"}}}))["allowed"]


def test_of_a_pod_that_is_left_alone_nothing_is_said() -> None:
    assert "warnings" not in answer(unowned(MISPLACED), context({"excludedNamespaces": ["shop"]}))


def test_where_a_profile_is_unknown_labels_are_looked_at_all_the_same() -> None:
    found = admit_unknown_profile(orjson.dumps(review(unowned(MISPLACED))), Policy())
    assert [verdict.reason for verdict in found.verdicts] == ["unknown-profile", "wrong-place", "wrong-place"]


@pytest.mark.parametrize("labels", [["a"], 5, {"richpod.io/inject": 5}])
def test_r6_labels_that_are_no_map_of_strings_do_no_harm(labels: Any) -> None:
    for admitted in (lambda body: admit(body, context()), lambda body: admit_unknown_profile(body, Policy())):
        with pytest.raises(BadReview) as raised:
            admitted(orjson.dumps(review(unowned(labels))))
        assert raised.value.status == 400


# --- what is no pod ---


@pytest.mark.parametrize(
    "broken",
    [
        [],
        "pod",
        1,
        {},
        {"metadata": {}},
        {"spec": None},
        {"spec": []},
        {"spec": {"containers": [None]}},
        {"spec": {"containers": ["app"]}},
        {"spec": {"containers": [{"name": 1, "command": ["/a"]}]}},
        {"metadata": {"annotations": {"richpod.io/init": "launch"}}, "spec": {"containers": [{"name": "a", "command": "/a"}]}},
        {"spec": {"containers": [{"name": "a", "command": [[1]]}]}},
        {
            "metadata": {"annotations": {"richpod.io/init": "launch"}},
            "spec": {"containers": [{"name": "a", "command": ["/a"], "resources": {"limits": {"cpu": {"a": 1}}}}]},
        },
        {"metadata": {"generateName": {"a": 1}}, "spec": {"containers": [{"name": 1, "command": ["/a"]}]}},
        {"spec": {"containers": [{"name": "a", "volumeMounts": [{}]}]}},
        {"spec": {"containers": [], "volumes": [{}]}},
        {"spec": {"containers": [], "volumes": ["v"]}},
        {"spec": {"containers": [], "initContainers": 3}},
        {"metadata": {"annotations": ["a"]}, "spec": {"containers": []}},
        {"metadata": {"annotations": {"richpod.io/volumes": 1}}, "spec": {"containers": []}},
        {"metadata": {"ownerReferences": ["x"]}, "spec": {"containers": []}},
    ],
)
def test_what_is_no_pod_is_answered_400_and_says_where(broken: Any) -> None:
    with pytest.raises(BadReview, match=r"request\.object") as raised:
        admit(orjson.dumps(review(broken)), context(RICH))
    assert raised.value.status == 400
    assert str(raised.value).isprintable()


def test_a_pod_without_containers_is_the_api_servers_to_refuse() -> None:
    assert answer({"metadata": {}, "spec": {"containers": None}}, context())["allowed"]


def test_r5_a_denial_lists_a_few_reasons_and_counts_the_rest() -> None:
    strict = {"profiles": {"default": {"features": {"init": "launch"}, "onConflict": "refuse"}}}
    containers = [{"name": f"c{i}", "image": "x"} for i in range(900)]
    status = answer(pod({"containers": containers}), context(strict))["status"]
    assert len(status["details"]["causes"]) == CAUSES
    assert status["message"].endswith("; and 890 more")
