"""Denials: field and reason, one line, and nothing of one pod only."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.admission.rich import RICH
from tests.reviews import answer, context, pod
from webhook.admission.kubectl import CAUSES

Json = dict[str, Any]


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


def test_r5_a_denial_lists_a_few_reasons_and_counts_the_rest() -> None:
    strict = {"profiles": {"default": {"features": {"init": "launch"}, "onConflict": "refuse"}}}
    containers = [{"name": f"c{i}", "image": "x"} for i in range(900)]
    status = answer(pod({"containers": containers}), context(strict))["status"]
    assert len(status["details"]["causes"]) == CAUSES
    assert status["message"].endswith("; and 890 more")
