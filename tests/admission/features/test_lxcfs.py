"""lxcfs: files over /proc and /sys, one mount each, and none where they would show the wrong thing."""

from typing import Any

import pytest

from tests.reviews import answer, context, patched, pod
from webhook.inpod.lxcfs_files import LXCFS_FILES
from webhook.policy import Level

Json = dict[str, Any]

FILES = [
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/loadavg",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/uptime",
    "/sys/devices/system/cpu/online",
]


def policy(**settings: Any) -> Json:
    return {"lxcfs": settings, "profiles": {"default": {"features": {"lxcfs": True}, "allow": ["lxcfs"]}}}


def test_each_file_is_a_read_only_mount_of_its_own() -> None:
    spec = patched(pod(), context(policy(path="/lx")))["spec"]
    mounts = spec["containers"][0]["volumeMounts"]
    assert [mount["mountPath"] for mount in mounts] == FILES
    assert all(mount["readOnly"] and mount["mountPropagation"] == "HostToContainer" for mount in mounts)
    assert not any("subPath" in mount for mount in mounts)
    sources = {volume["name"]: volume["hostPath"] for volume in spec["volumes"]}
    assert {mount["mountPath"]: sources[mount["name"]]["path"] for mount in mounts} == {path: f"/lx{path}" for path in FILES}


def test_trap_13_the_pod_waits_for_the_file_instead_of_getting_a_directory() -> None:
    volumes = patched(pod(), context(policy()))["spec"]["volumes"]
    assert {volume["hostPath"]["type"] for volume in volumes} == {"File"}


def test_trap_14_pressure_files_are_never_mounted() -> None:
    assert not any("pressure" in path or "slabinfo" in path for _, path in LXCFS_FILES)


def test_init_containers_get_none() -> None:
    migrate = {"name": "migrate", "image": "m:1", "command": ["/m"]}
    assert patched(pod({"initContainers": [migrate]}), context(policy()))["spec"]["initContainers"] == [migrate]


# --- where it does not go ---


@pytest.mark.parametrize("level", ["baseline", "restricted"])
def test_r38_a_level_that_forbids_host_path_gets_none_and_says_why(level: Level) -> None:
    response = answer(pod(), context(policy(), level=level))
    assert "patch" not in response
    assert response["warnings"][0] == f"richpod web-5c9-: lxcfs skipped: level:{level}: Pod Security forbids hostPath here"
    assert response["auditAnnotations"] == {"lxcfs": "skipped: conflict"}


@pytest.mark.parametrize(
    "spec",
    [
        {"shareProcessNamespace": True},
        {"hostUsers": False},
        {"hostPID": True},
        {"runtimeClassName": "gvisor"},
        {"runtimeClassName": "kata-qemu"},
        {"runtimeClassName": "sysbox-runc"},
    ],
)
def test_r42_where_it_would_show_the_wrong_thing_it_is_left_out(spec: Json) -> None:
    response = answer(pod(spec), context(policy()))
    assert "patch" not in response
    assert response["auditAnnotations"] == {"lxcfs": "skipped: conflict"}


def test_a_privileged_container_gets_it_with_a_warning() -> None:
    container = {"name": "app", "image": "a:1", "securityContext": {"privileged": True}}
    response = answer(pod({"containers": [container]}), context(policy()))
    assert "patch" in response
    assert response["auditAnnotations"] == {"lxcfs": "applied: conflict"}


# --- nodes ---


def test_pods_go_to_nodes_that_have_it_where_the_policy_names_them() -> None:
    entry = context(policy(nodeSelector={"lxcfs": "yes"}))
    assert patched(pod(), entry)["spec"]["nodeSelector"] == {"lxcfs": "yes"}
    assert patched(pod({"nodeSelector": {"disk": "ssd"}}), entry)["spec"]["nodeSelector"] == {"disk": "ssd", "lxcfs": "yes"}
    assert patched(pod({"nodeSelector": {}}), entry)["spec"]["nodeSelector"] == {"lxcfs": "yes"}
    assert "nodeSelector" not in patched(pod(), context(policy()))["spec"]


def test_r17_a_label_with_a_slash_is_escaped_in_the_path() -> None:
    entry = context(policy(nodeSelector={"example.com/lx~fs": "yes"}))
    selected = patched(pod({"nodeSelector": {"a": "b"}}), entry)["spec"]["nodeSelector"]
    assert selected == {"a": "b", "example.com/lx~fs": "yes"}


@pytest.mark.parametrize("kind", ["DaemonSet", "nodeName"])
def test_a_pod_that_has_its_node_already_selects_none(kind: str) -> None:
    owner = {"apiVersion": "apps/v1", "kind": "DaemonSet", "name": "d", "uid": "u", "controller": True}
    sent = pod(owner=owner) if kind == "DaemonSet" else pod({"nodeName": "n1"})
    after = patched(sent, context(policy(nodeSelector={"lxcfs": "yes"})))["spec"]
    assert "nodeSelector" not in after
    assert len(after["volumes"]) == len(FILES)


def test_a_pod_that_selects_other_nodes_keeps_its_own_selector() -> None:
    response = answer(pod({"nodeSelector": {"lxcfs": "no"}}), context(policy(nodeSelector={"a": "b", "lxcfs": "yes"})))
    assert "patch" not in response
    assert response["auditAnnotations"] == {"lxcfs": "skipped: node-selector"}


# --- what a container mounts itself ---


@pytest.mark.parametrize(
    ("path", "left_out"),
    [
        ("/proc/meminfo", ["/proc/meminfo"]),
        ("/proc/meminfo/", ["/proc/meminfo"]),
        ("/sys", ["/sys/devices/system/cpu/online"]),
        ("/sys/devices/system/cpu", ["/sys/devices/system/cpu/online"]),
        ("/proc", [path for path in FILES if path.startswith("/proc")]),
        ("/process", []),
        ("/system", []),
        ("/data/proc/meminfo", []),
    ],
)
def test_what_a_container_mounts_itself_stays_uncovered(path: str, left_out: list[str]) -> None:
    own = {"name": "own", "mountPath": path}
    container = {"name": "app", "image": "a:1", "command": ["/app"], "volumeMounts": [own]}
    sent = pod({"containers": [container], "volumes": [{"name": "own", "emptyDir": {}}]})
    after = patched(sent, context(policy()))
    mounts = after["spec"]["containers"][0]["volumeMounts"]
    assert mounts[0] == own
    assert [mount["mountPath"] for mount in mounts[1:]] == [path for path in FILES if path not in left_out]
    assert "patch" not in answer(after, context(policy()))


def test_a_pod_in_which_no_container_is_treated_gets_no_volumes() -> None:
    """A volume without a mount would make the pod wait for lxcfs for nothing."""
    response = answer(pod(annotations={"richpod.io/containers": "nobody"}), context(policy()))
    assert "patch" not in response


@pytest.mark.parametrize(("value", "wanted"), [("true", True), ("false", False)])
def test_the_annotation_decides(value: str, wanted: bool) -> None:
    assert ("patch" in answer(pod(annotations={"richpod.io/lxcfs": value}), context(policy()))) is wanted


def test_a_typo_is_said_and_the_profiles_choice_holds() -> None:
    response = answer(pod(annotations={"richpod.io/lxcfs": "yes"}), context(policy()))
    assert response["warnings"] == [
        "richpod web-5c9-: lxcfs skipped: lxcfs 'yes': write true or false; the profile's choice holds"
    ]
    assert "patch" in response


def test_a_file_of_ours_that_is_mounted_elsewhere_is_mounted_where_it_belongs_all_the_same() -> None:
    elsewhere = [{"name": "richpod-lxcfs-meminfo", "mountPath": "/proc/x0"}]
    container = {"name": "app", "image": "a:1", "command": ["/a"], "volumeMounts": elsewhere}
    after = patched(pod({"containers": [container]}), context(policy()))["spec"]["containers"][0]
    assert {mount["mountPath"] for mount in after["volumeMounts"]} >= {path for _, path in LXCFS_FILES}
