"""volumes: what the administrator defined, by name, in every application container; a pod without its volume is refused."""

from typing import Any

import pytest

from tests.pod_security import violations
from tests.reviews import answer, context, patched, pod
from tests.strategies import NODE_VOLUME, VOLUMES
from webhook.policy import Level

Json = dict[str, Any]


def policy(*names: str, allow: bool = True, **sections: Any) -> Json:
    profile = {"features": {"volumes": list(names)}, "allow": ["volumes"] if allow else []}
    return {"volumes": VOLUMES, "profiles": {"default": profile}, **sections}


def cause(response: Json) -> str:
    assert response["allowed"] is False
    return str(response["status"]["details"]["causes"][0]["message"])


def test_a_volume_is_mounted_in_every_container_of_the_application() -> None:
    containers = [{"name": name, "image": "a:1"} for name in ("app", "web")]
    spec = patched(pod({"containers": containers}), context(policy("data")))["spec"]
    assert spec["volumes"] == [{"name": "richpod-volume-data", "persistentVolumeClaim": {"claimName": "data"}}]
    mount = {"name": "richpod-volume-data", "mountPath": "/data"}
    assert [c["volumeMounts"] for c in spec["containers"]] == [[mount], [mount]]


def test_read_only_is_kept() -> None:
    mounts = patched(pod(), context(policy("nfs")))["spec"]["containers"][0]["volumeMounts"]
    assert mounts == [{"name": "richpod-volume-nfs", "mountPath": "/nfs/", "readOnly": True}]


def test_the_annotation_chooses_among_the_defined_in_place_of_the_profiles() -> None:
    spec = patched(pod(annotations={"richpod.io/volumes": "keys, claimed,keys"}), context(policy("data")))["spec"]
    assert [v["name"] for v in spec["volumes"]] == ["richpod-volume-keys", "richpod-volume-claimed"]


def test_r76_an_unknown_name_is_refused_with_the_nearest_one() -> None:
    said = cause(answer(pod(annotations={"richpod.io/volumes": "dta"}), context(policy())))
    assert "volume dta is not defined; did you mean data?" in said


def test_r75_a_profile_that_does_not_let_pods_choose_refuses_the_choice() -> None:
    assert "does not let pods choose" in cause(
        answer(pod(annotations={"richpod.io/volumes": "data"}), context(policy(allow=False)))
    )


@pytest.mark.parametrize(("name", "level"), [("node", "baseline"), ("node", "restricted"), ("nfs", "restricted")])
def test_r38_what_pod_security_forbids_is_refused(name: str, level: Level) -> None:
    sections = {"volumes": VOLUMES | NODE_VOLUME}
    sections["profiles"] = {"default": {"features": {"volumes": [name]}, "namespaces": ["shop"]}}
    assert "Pod Security" in cause(answer(pod(), context(sections, level=level)))


@pytest.mark.parametrize("kind", ["configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "image", "projected", "secret"])
def test_restricted_admits_what_its_standard_lists(kind: str) -> None:
    sections = policy("x") | {"volumes": {"x": {"source": {kind: {}}, "mountPath": "/x"}}}
    after = patched(pod(), context(sections, level="restricted"))
    assert not [line for line in violations(after, "restricted") if "volume" in line]


@pytest.mark.parametrize("kind", ["iscsi", "fc", "rbd", "cephfs", "nfs", "quantumDisk"])
def test_restricted_refuses_every_other_source(kind: str) -> None:
    sections = policy("x") | {"volumes": {"x": {"source": {kind: {}}, "mountPath": "/x"}}}
    assert "restricted forbids" in cause(answer(pod(), context(sections, level="restricted")))
    assert answer(pod(), context(sections, level="baseline"))["allowed"]


@pytest.mark.parametrize("path", ["/data", "/data/", "//data", "/data/.", "/srv/../data"])
def test_a_path_that_is_taken_is_refused(path: str) -> None:
    container = {"name": "app", "image": "a:1", "volumeMounts": [{"name": "own", "mountPath": path}]}
    response = answer(pod({"containers": [container], "volumes": [{"name": "own", "emptyDir": {}}]}), context(policy("data")))
    assert "mounts own at /data already" in cause(response)


def test_r28_a_volume_under_our_name_with_another_source_is_refused() -> None:
    forged = {"name": "richpod-volume-data", "hostPath": {"path": "/"}}
    assert "reserved" in cause(answer(pod({"volumes": [forged]}), context(policy("data"))))


def test_nfs_needs_a_node_it_shares_a_kernel_with() -> None:
    runtimes = {"fc": {"class": "kata-fc", "kind": "kata-fc"}}
    profile = {"default": {"features": {"volumes": ["nfs"], "runtime": "fc"}}}
    assert "Firecracker" in cause(answer(pod(), context(policy("nfs") | {"runtimes": runtimes, "profiles": profile})))


def test_all_is_refused_or_nothing() -> None:
    """The second of two volumes is unknown: the first leaves no trace."""
    response = answer(pod(annotations={"richpod.io/volumes": "data,nothing"}), context(policy()))
    assert "patch" not in response
    assert response["allowed"] is False


@pytest.mark.parametrize("section", ["containers", "initContainers"])
@pytest.mark.parametrize("way", [{}, {"mountPath": "/x", "readOnly": True}, {"readOnly": True, "subPath": "a"}])
def test_nobody_mounts_a_volume_of_the_policy_in_a_way_of_his_own(section: str, way: Json) -> None:
    """Writable where the policy says readOnly, elsewhere, or a part of it."""
    sections = policy("archive") | {"volumes": {"archive": {**VOLUMES["data"], "mountPath": "/archive", "readOnly": True}}}
    mount = {"name": "richpod-volume-archive", "mountPath": "/archive", **way}
    spec: Json = {"containers": [{"name": "app", "image": "a:1", "command": ["/a"]}]}
    spec.setdefault(section, [{"name": "setup", "image": "a:1"}])[0]["volumeMounts"] = [mount]
    assert "in a way of its own" in cause(answer(pod(spec), context(sections)))
