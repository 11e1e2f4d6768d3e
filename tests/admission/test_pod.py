"""What is ours, what is the application's, and what pretends to be ours."""

from copy import deepcopy
from typing import Any

import jsonpatch
import pytest

from tests.reviews import answer, context, pod
from webhook.admission.pod import Container, Pod, comma_separated, every_container, repository
from webhook.errors import Skip
from webhook.policy import Policy

Json = dict[str, Any]

OURS = Policy().image.repositories
TOOLKIT = f"{OURS[1]}:1"


def words(raw: Json) -> Pod:
    return Pod(raw, "shop", OURS)


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("nginx", "nginx"),
        ("nginx:1", "nginx"),
        ("r.example:5000/a/b", "r.example:5000/a/b"),
        ("r.example:5000/a/b:1", "r.example:5000/a/b"),
        ("r.example:5000/a/b:1@sha256:00", "r.example:5000/a/b"),
        ("a@sha256:00", "a"),
        ("", ""),
    ],
)
def test_a_repository_is_an_image_without_tag_and_digest(image: str, name: str) -> None:
    assert repository(image) == name


def test_names_are_separated_by_commas() -> None:
    assert comma_separated(" a, b,,a ,") == ("a", "b")


# --- requirement 28: reserved names ---


@pytest.mark.parametrize("tag", ["", ":1", ":next", "@sha256:00", ":1@sha256:00"])
def test_any_version_of_ours_is_ours(tag: str) -> None:
    sent = pod({"initContainers": [{"name": "richpod-toolkit", "image": OURS[1] + tag}]})
    assert answer(sent, context())["allowed"]


@pytest.mark.parametrize("section", ["containers", "initContainers"])
@pytest.mark.parametrize("image", ["evil.example/richpod-toolkit:1", f"{OURS[1]}-evil:1", f"x/{OURS[1]}:1", "", None])
def test_r28_a_foreign_container_under_a_reserved_name_is_refused(section: str, image: str | None) -> None:
    spec = {"containers": [{"name": "app", "image": "a:1", "command": ["/a"]}], "initContainers": []}
    spec[section].append({"name": "richpod-x", "image": image})
    response = answer(pod(spec), context())
    cause = response["status"]["details"]["causes"][0]
    assert cause["field"] == f"spec.{section}[{len(spec[section]) - 1}].name"
    assert "richpod-x is reserved" in cause["message"]


@pytest.mark.parametrize(
    "volume",
    [
        {"name": "richpod-toolkit", "hostPath": {"path": "/"}},
        {"name": "richpod-toolkit", "image": {"reference": "evil.example/toolkit:1"}},
        {"name": "richpod-toolkit", "configMap": {"name": "evil"}},
        {"name": "richpod-no-token", "projected": {"sources": []}},
        {"name": "richpod-lxcfs-proc-meminfo", "configMap": {"name": "evil"}},
        {"name": "richpod-anything", "emptyDir": {}},
        {"name": "richpod-"},
    ],
)
def test_r28_a_foreign_volume_under_a_reserved_name_is_refused(volume: Json) -> None:
    response = answer(pod({"volumes": [{"name": "own", "emptyDir": {}}, volume]}), context())
    assert response["status"]["details"]["causes"][0]["field"] == "spec.volumes[1].name"


@pytest.mark.parametrize("name", ["richpod", "richpods-x", "x-richpod-toolkit"])
def test_other_names_are_anybodys(name: str) -> None:
    sent = pod({"volumes": [{"name": name, "hostPath": {"path": "/"}}], "initContainers": [{"name": name, "image": "x"}]})
    assert answer(sent, context())["allowed"]


def test_r28_nothing_is_doubled_by_a_container_of_ours_in_the_wrong_list() -> None:
    """Whoever writes our container into `containers` gets no second one of that name, which would be no valid pod."""
    misplaced = {"name": "richpod-toolkit", "image": TOOLKIT}
    sent = pod({"containers": [{"name": "app", "image": "a:1", "command": ["/a"]}, misplaced]})
    response = answer(sent, context())
    assert not response["allowed"]


def test_r29_a_status_annotation_proves_nothing() -> None:
    """Presence is read off the elements: a forged or copied status neither saves a pod from a feature nor claims one."""
    forged = pod(annotations={"richpod.io/status": '{"version":"9","verdicts":{"init":"applied"}}'})
    honest = pod()
    paths = [[o["path"] for o in _patch(sent) if "annotations" not in o["path"]] for sent in (forged, honest)]
    assert paths[0] == paths[1]


def _patch(sent: Json) -> list[Json]:
    from tests.reviews import operations

    return operations(answer(sent, context()))


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
