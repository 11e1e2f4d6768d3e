"""Labels of a pod that mean nothing: said to whoever wrote the pod."""

from typing import Any

import orjson
import pytest

from tests.reviews import answer, context, pod, review
from webhook.admission.review import admit, admit_unknown_profile
from webhook.errors import BadReview
from webhook.policy import Policy

Json = dict[str, Any]

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
