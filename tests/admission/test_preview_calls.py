"""Calls for a preview: which are answered, and on what the answer depends."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.admission.previewed import CONTAINER, FIXED, TYPO, body, response, template, told, workload
from tests.reviews import context
from webhook.admission.preview import preview
from webhook.errors import BadReview

Json = dict[str, Any]


@pytest.mark.parametrize(
    "changes",
    [
        {"operation": "DELETE"},
        {"operation": "CONNECT"},
        {"subResource": "scale"},
        {"object": None},
        {"kind": {"group": "", "version": "v1", "kind": "Pod"}},
        {"kind": {"group": "apps", "version": "v1", "kind": "ReplicaSet"}},
        {"kind": {"group": "apps", "version": "v1beta1", "kind": "Deployment"}},
        {"kind": {"group": "batch", "version": "v1", "kind": "Deployment"}},
        {"kind": {"group": "apps", "version": "v1"}},
        {"kind": None},
    ],
)
def test_r12_r13_other_calls_are_allowed_and_told_as_misdirected(changes: Json) -> None:
    found = preview(body(workload(template({"richpod.io/intt": "x"})), **changes), context())
    assert found.decision == "misdirected"
    assert response(found) == {"uid": found.uid, "allowed": True}


@pytest.mark.parametrize(
    "manifest",
    [
        {},
        {"spec": None},
        {"spec": []},
        {"spec": {"template": None}},
        {"spec": {"template": "pod"}},
        {"spec": {"template": {"spec": None}}},
        {"spec": {"template": {"spec": {"containers": "app"}}}},
        {"spec": {"template": {"spec": {"containers": [1]}}}},
        {"metadata": {"annotations": 5}, "spec": {"template": template()}},
        {"metadata": {"labels": True}, "spec": {"template": template()}},
        {"metadata": {"name": "web"}, "spec": {"template": {"metadata": 5, "spec": {"containers": [CONTAINER]}}}},
        workload(template(labels=["a"])),  # type: ignore[arg-type]
        workload({"spec": {"containers": [CONTAINER] * 1_001}}),
        {**workload(template()), "metadata": "web"},
    ],
)
def test_r6_what_is_no_workload_is_answered_400(manifest: Json) -> None:
    with pytest.raises(BadReview) as raised:
        preview(body(manifest), context())
    assert raised.value.status == 400


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text(max_size=5),
    lambda values: (
        st.lists(values, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "metadata",
                    "spec",
                    "template",
                    "jobTemplate",
                    "containers",
                    "annotations",
                    "labels",
                    "name",
                    "richpod.io/init",
                    "image",
                ]
            ),
            values,
            max_size=4,
        )
    ),
    max_leaves=15,
)


@given(JSON_VALUES, JSON_VALUES, st.sampled_from(["Deployment", "Job", "CronJob"]))
def test_r6_no_object_does_harm(metadata: Any, spec: Any, kind: str) -> None:
    try:
        found = preview(body({"metadata": metadata, "spec": spec}, kind), context(FIXED))
    except BadReview as error:
        assert error.status == 400  # noqa: PT017
    else:
        assert response(found)["allowed"]


def test_a_template_without_containers_is_left_to_the_api_server() -> None:
    """Which asks before it validates, and will say so itself."""
    assert told(workload({"metadata": {}, "spec": {"containers": None}})) == []


@pytest.mark.parametrize(("metadata", "name"), [(None, ""), ({}, ""), ({"generateName": "web-"}, " web-")])
def test_r47_a_workload_without_a_name_is_previewed(metadata: Json | None, name: str) -> None:
    said = told({**workload(template({"richpod.io/intt": "x"})), "metadata": metadata})
    assert said == [TYPO.replace(" web", name)]


def test_r48_the_namespace_is_the_requests() -> None:
    held = template({"richpod.io/fixed-ip": "198.51.100.1"})
    assert "elsewhere" in told(workload(held), FIXED, namespace="elsewhere")[0]


def test_r53_a_dry_run_gets_the_same_answer() -> None:
    manifest = workload(template({"richpod.io/intt": "x"}))
    assert preview(body(manifest, dryRun=True), context()) == preview(body(manifest), context())


def test_a_preview_says_of_which_workload_it_is() -> None:
    found = preview(body(workload(template()), "StatefulSet", name="web"), context())
    assert (found.decision, found.kind, found.name, found.operations) == ("previewed", "StatefulSet", "web", 0)
