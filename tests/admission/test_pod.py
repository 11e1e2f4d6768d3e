"""The words that features use about a pod."""

from copy import deepcopy
from typing import Any

import jsonpatch
import pytest

from webhook.admission.container import Container, every_container
from webhook.admission.pod import Pod, comma_separated
from webhook.errors import Skip
from webhook.policy import Policy

Json = dict[str, Any]

OURS = Policy().image.repositories
TOOLKIT = f"{OURS[1]}:1"


def words(raw: Json) -> Pod:
    return Pod(raw, "shop")


def test_names_are_separated_by_commas() -> None:
    assert comma_separated(" a, b,,a ,") == ("a", "b")


# --- annotations ---


@pytest.mark.parametrize(
    "raw", [{}, {"metadata": None}, {"metadata": {}}, {"metadata": {"annotations": None}}, {"metadata": {"annotations": {}}}]
)
def test_r14_annotating_a_pod_without_annotations(raw: Json) -> None:
    raw = {**raw, "spec": {"containers": []}}
    before = deepcopy(raw)
    pod = words(raw)
    pod.annotate("a/b~c", "1")
    pod.annotate("d", "2")
    assert raw["metadata"]["annotations"] == {"a/b~c": "1", "d": "2"}
    assert pod.annotations == raw["metadata"]["annotations"]
    assert jsonpatch.apply_patch(before, pod.patch.operations) == raw
    pod.patch.rollback(0)
    assert raw == before


def test_an_annotation_is_overwritten_only_where_it_is_our_status() -> None:
    pod = words({"metadata": {"annotations": {"a": "1", "richpod.io/status": "old"}}, "spec": {"containers": []}})
    pod.annotate("richpod.io/status", "new")
    with pytest.raises(ValueError, match="may not be replaced"):
        pod.annotate("a", "2")


def test_r21_annotations_never_grow_beyond_what_the_api_server_takes() -> None:
    limit = 256 * 1024
    pod = words({"metadata": {"annotations": {"ü": "x" * (limit - 2 - 3)}}, "spec": {"containers": []}})
    with pytest.raises(Skip):
        pod.annotate("a", "123")
    pod.annotate("a", "12")
    assert len(pod.patch.operations) == 1


# --- containers ---


def test_containers_come_in_the_order_in_which_they_start() -> None:
    spec = {"containers": [{"name": "a"}], "initContainers": [{"name": "b"}, {"name": "c"}]}
    assert [c.path for c in every_container(spec)] == ["/spec/initContainers/0", "/spec/initContainers/1", "/spec/containers/0"]


@pytest.mark.parametrize(
    ("raw", "wrapped"),
    [
        ({}, False),
        ({"command": None, "args": None}, False),
        ({"command": []}, False),
        ({"command": ["/app", "--root=/.richpod/x"]}, False),
        ({"command": ["/.richpodish/bin/x"]}, False),
        ({"command": ["/.richpod/bin/launch"]}, True),
        ({"command": ["/vault-env"], "args": ["/.richpod/bin/launch", "--"]}, True),
    ],
)
def test_a_container_is_wrapped_when_a_program_of_ours_stands_in_its_argv(raw: Json, wrapped: bool) -> None:
    assert Container(raw, "/spec/containers/0").wrapped is wrapped


def test_only_the_controller_owns_a_pod() -> None:
    owners = [{"kind": "Job", "name": "a"}, {"kind": "ReplicaSet", "name": "b", "controller": True}]
    pod = words({"metadata": {"ownerReferences": owners}, "spec": {"containers": []}})
    assert pod.controller == owners[1]
    assert not pod.job
