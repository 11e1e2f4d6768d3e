"""Operations that cannot be wrong: each is checked and carried out when it is recorded, and can be taken back exactly."""

from copy import deepcopy
from typing import Any

import jsonpatch
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests import evanphx
from webhook.admission.patch import ALLOWED, Patch, escape

Json = dict[str, Any]


@given(st.text())
def test_r17_any_key_is_escaped(key: str) -> None:
    document: Json = {"held": {}}
    patch = Patch()
    patch.add(document["held"], "/held", key, "x")
    assert jsonpatch.apply_patch({"held": {}}, patch.operations) == {"held": {key: "x"}}
    assert "/" not in escape(key)


def test_r14_parents_are_added_first() -> None:
    for missing in ({}, {"volumes": None}):
        pod: Json = {"spec": missing}
        patch = Patch()
        patch.append(pod["spec"], "/spec", "volumes", [{"name": "a"}])
        patch.append(pod["spec"], "/spec", "volumes", [{"name": "b"}])
        assert patch.operations == [
            {"op": "add", "path": "/spec/volumes", "value": [{"name": "a"}]},
            {"op": "add", "path": "/spec/volumes/-", "value": {"name": "b"}},
        ]
        assert pod["spec"]["volumes"] == [{"name": "a"}, {"name": "b"}]


def test_r15_what_is_present_gets_single_elements() -> None:
    pod: Json = {"spec": {"volumes": [{"name": "own"}], "initContainers": [{"name": "own"}]}}
    patch = Patch()
    patch.append(pod["spec"], "/spec", "volumes", [{"name": "a"}, {"name": "b"}])
    patch.insert(pod["spec"]["initContainers"], "/spec/initContainers", [{"name": "x"}, {"name": "y"}])
    assert [operation["path"] for operation in patch.operations] == [
        "/spec/volumes/-",
        "/spec/volumes/-",
        "/spec/initContainers/0",
        "/spec/initContainers/1",
    ]
    assert [c["name"] for c in pod["spec"]["initContainers"]] == ["x", "y", "own"]


def test_nothing_to_append_is_no_operation() -> None:
    patch = Patch()
    patch.append({}, "/spec", "volumes", [])
    patch.insert([], "/spec/x", [])
    assert patch.operations == []


@pytest.mark.parametrize("value", [None, 1.5, {1, 2}, (1,), b"x", float("nan")])
def test_a_value_that_the_api_server_cannot_take_is_never_recorded(value: Any) -> None:
    """null would set nothing in silence, a float breaks a field of whole numbers: the pod would be rejected under any policy."""
    document: Json = {"list": [1], "image": "a"}
    patch = Patch()
    with pytest.raises(ValueError, match="cannot be in a patch"):
        patch.add(document, "/spec", "key", value)
    with pytest.raises(ValueError, match="cannot be in a patch"):
        patch.append(document, "/spec", "list", [1, value])
    with pytest.raises(ValueError, match="cannot be in a patch"):
        patch.insert(document["list"], "/spec/list", [1, value])
    assert patch.operations == []
    assert document == {"list": [1], "image": "a"}


def test_a_path_without_a_leading_slash_is_never_recorded() -> None:
    """The API server would drop its first segment without a word."""
    patch = Patch()
    for wrong in (lambda: patch.add({}, "spec", "a", 1), lambda: patch.append({"a": []}, "spec", "a", [1])):
        with pytest.raises(ValueError, match="cannot be in a patch"):
            wrong()
    with pytest.raises(ValueError, match="cannot be in a patch"):
        patch.insert([], "spec/a", ["x"])
    assert patch.operations == []


def test_add_never_overwrites() -> None:
    for value in ("x", "", 0, False, {}, []):
        with pytest.raises(ValueError, match="is there already"):
            Patch().add({"a": value}, "/spec", "a", "y")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/spec/containers/0", "image"),
        ("/spec/initContainers/12", "image"),
        ("/spec/volumes/3/image", "reference"),
        ("/metadata/annotations", "richpod.io/status"),
    ],
)
def test_r16_what_may_be_replaced(path: str, key: str) -> None:
    patch = Patch()
    document = {key: "before"}
    patch.replace(document, path, key, "after")
    assert patch.operations == [{"op": "replace", "path": f"{path}/{escape(key)}", "value": "after"}]
    with pytest.raises(ValueError, match="may not be replaced"):
        patch.replace({}, path, key, "after")


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/spec/containers/0/command", "0"),
        ("/spec/containers/0", "imagePullPolicy"),
        ("/spec/ephemeralContainers/0", "image"),
        ("/x/spec/containers/0", "image"),
        ("/metadata/annotations", "richpod.io/statuses"),
        ("/metadata", "name"),
        ("/spec", "runtimeClassName"),
        ("/spec/containers/0\n", "image"),
    ],
)
def test_r16_nothing_else_may_be_replaced(path: str, key: str) -> None:
    with pytest.raises(ValueError, match="may not be replaced"):
        Patch().replace({key: "before"}, path, key, "after")


def test_every_allowed_replacement_has_its_reason() -> None:
    assert all(reason for _, reason in ALLOWED)


STEPS = st.lists(
    st.tuples(st.sampled_from(["add", "append", "insert", "replace"]), st.sampled_from("abc"), st.integers(0, 9)), max_size=12
)


def record(patch: Patch, document: Json, steps: list[tuple[str, str, int]]) -> None:
    for verb, key, value in steps:
        holder = document["spec"]
        if verb == "add" and holder.get(key) is None:
            patch.add(holder, "/spec", key, value)
        elif verb == "append" and isinstance(holder.get(key, []), list):
            patch.append(holder, "/spec", key, [value, {"n": value}])
        elif verb == "insert" and isinstance(holder.get(key), list):
            patch.insert(holder[key], f"/spec/{key}", [value, str(value)])
        elif verb == "replace":
            patch.replace(document["spec"]["containers"][0], "/spec/containers/0", "image", f"i:{value}")


@given(STEPS, STEPS)
def test_rollback_takes_back_exactly_what_came_after(first: list[Any], second: list[Any]) -> None:
    document: Json = {"spec": {"a": [1], "b": None, "containers": [{"image": "i"}]}}
    patch = Patch()
    record(patch, document, first)
    kept, operations = deepcopy(document), deepcopy(patch.operations)
    record(patch, document, second)
    patch.rollback(len(operations))
    assert document == kept
    assert patch.operations == operations


@given(STEPS)
def test_r18_the_operations_lead_to_the_document_that_was_worked_on(steps: list[Any]) -> None:
    before: Json = {"spec": {"a": [1], "b": None, "containers": [{"image": "i"}]}}
    document = deepcopy(before)
    patch = Patch()
    record(patch, document, steps)
    assert jsonpatch.apply_patch(before, deepcopy(patch.operations)) == document
    assert evanphx.apply(before, patch.operations) == document


def test_what_is_added_later_does_not_change_an_earlier_operation() -> None:
    document: Json = {}
    patch = Patch()
    patch.append(document, "", "list", ["a"])
    patch.append(document, "", "list", ["b"])
    patch.insert(document["list"], "/list", ["c"])
    assert patch.operations[0] == {"op": "add", "path": "/list", "value": ["a"]}
