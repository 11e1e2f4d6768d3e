"""Names that are richpod's own: whatever else stands under them is refused (requirement 28)."""

from typing import Any

import pytest

from tests.reviews import answer, context, operations, pod
from webhook.policy import Policy

Json = dict[str, Any]

OURS = Policy().image.repositories
TOOLKIT = Policy().image.toolkit


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
        {"name": "richpod-toolkit-x", "emptyDir": {}},
        {"name": "richpod-no-token", "image": {"reference": f"{OURS[1]}:1"}},
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
    patches = [operations(answer(sent, context())) for sent in (forged, honest)]
    paths = [[operation["path"] for operation in patch if "annotations" not in operation["path"]] for patch in patches]
    assert paths[0] == paths[1]


DEFINED: Json = {"volumes": {"files": {"source": {"nfs": {"server": "files", "path": "/a"}}, "mountPath": "/files"}}}


@pytest.mark.parametrize(
    "volume",
    [
        {"name": "richpod-volume-files", "nfs": {"server": "evil", "path": "/a"}},
        {"name": "richpod-volume-files", "hostPath": {"path": "/"}},
        {"name": "richpod-volume-files", "image": {"reference": "docker.io/evil/x:1"}},
        {"name": "richpod-volume-nope", "nfs": {"server": "files", "path": "/a"}},
    ],
)
def test_r28_a_volume_of_the_policy_has_the_policys_source(volume: Json) -> None:
    assert not answer(pod({"volumes": [volume]}), context(DEFINED))["allowed"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ({"nfs": {"server": "files", "path": "/a"}}, {"nfs": {"server": "files", "path": "/a", "readOnly": False}}),
        ({"nfs": {"server": "files", "path": "/a", "readOnly": False}}, {"nfs": {"server": "files", "path": "/a"}}),
        ({"emptyDir": {"medium": "", "sizeLimit": "1024Mi"}}, {"emptyDir": {"sizeLimit": "1Gi"}}),
        ({"secret": {"secretName": "s", "items": []}}, {"secret": {"secretName": "s", "defaultMode": 420}}),
        ({"csi": {"driver": "d", "volumeAttributes": {}}}, {"csi": {"driver": "d"}}),
        ({"newKind": {"a": 1}}, {"newKind": {"a": 1}}),
    ],
)
def test_r28_a_volume_of_the_policy_as_the_api_server_writes_it_is_ours(written: Json, kept: Json) -> None:
    policy = {"volumes": {"files": {"source": written, "mountPath": "/files"}}}
    assert answer(pod({"volumes": [{"name": "richpod-volume-files", **kept}]}), context(policy))["allowed"]
