"""The toolkit: delivered once, only where an element needs it, by a container that is allowed nothing."""

from typing import Any

import pytest
from hypothesis import given

from tests.in_tree import Cluster, create
from tests.pod_security import violations
from tests.qos import qos_class
from tests.reviews import answer, context, patched, pod, webhook
from tests.strategies import guaranteed_pods
from webhook.admission.toolkit import resources

Json = dict[str, Any]


def delivered(spec: Json | None = None, delivery: str = "copy", **sections: Any) -> Json:
    policy = {"kubernetes": "1.35", "toolkit": {"delivery": delivery}, **sections}
    found: Json = patched(pod(spec), context(policy))["spec"]
    return found


def copier(spec: Json | None = None) -> Json:
    found: Json = delivered(spec)["initContainers"][0]
    return found


def test_copying_is_the_first_init_container() -> None:
    spec = delivered({"initContainers": [{"name": "migrate", "image": "m:1"}]})
    assert [c["name"] for c in spec["initContainers"]] == ["richpod-toolkit", "migrate"]
    assert spec["initContainers"][0]["command"] == ["/bin/launch", "install", "/.richpod"]
    assert spec["containers"][0]["volumeMounts"] == [{"name": "richpod-toolkit", "mountPath": "/.richpod", "readOnly": True}]


def test_an_image_volume_needs_no_init_container() -> None:
    spec = delivered(delivery="image", image={"prefix": "r.example/x", "tag": "7"})
    assert "initContainers" not in spec
    assert spec["volumes"] == [{"name": "richpod-toolkit", "image": {"reference": "r.example/x/richpod-toolkit:7"}}]


def test_no_element_no_toolkit() -> None:
    features = {"profiles": {"default": {"features": {"lxcfs": True}}}}
    spec = patched(pod(), context(features))["spec"]
    assert "initContainers" not in spec
    assert all(volume["name"].startswith("richpod-lxcfs-") for volume in spec["volumes"])


def test_r32_the_copier_gets_no_api_token() -> None:
    created = create(pod(), [webhook(context())], Cluster())
    mounts = {m["mountPath"]: m["name"] for m in created["spec"]["initContainers"][0]["volumeMounts"]}
    assert mounts["/var/run/secrets/kubernetes.io/serviceaccount"] == "richpod-no-token"
    assert {"name": "richpod-no-token", "emptyDir": {"sizeLimit": "1Mi"}} in created["spec"]["volumes"]


def test_r33_no_volume_of_ours_looks_like_a_token_volume() -> None:
    assert not any(v["name"].startswith("kube-api-access-") for v in delivered()["volumes"])


def test_r34_trap_24_every_injected_container_has_requests_and_limits() -> None:
    given = copier()["resources"]
    assert set(given["requests"]) == set(given["limits"]) == {"cpu", "memory"}
    created = create(pod(), [webhook(context())], Cluster({}, {"default": {"cpu": "9"}, "defaultRequest": {"cpu": "9"}}))
    found = created["spec"]["initContainers"][0]["resources"]
    assert {kind: found[kind]["cpu"] for kind in found} == {"requests": "9", "limits": "9"}, "what its LimitRange admits"
    assert {kind: found[kind]["memory"] for kind in found} == {"requests": "16Mi", "limits": "64Mi"}


def test_r39_the_copier_passes_restricted() -> None:
    secure = {"runAsNonRoot": True, "allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    app = {"name": "app", "image": "a:1", "command": ["/a"], "securityContext": secure}
    spec = {"containers": [app], "securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}}
    for delivery in ("copy", "image"):
        policy = {"kubernetes": "1.35", "toolkit": {"delivery": delivery}}
        assert violations(patched(pod(spec), context(policy, level="restricted")), "restricted") == []


def test_r40_no_field_is_set_that_the_api_server_would_default() -> None:
    assert set(copier()) == {"name", "image", "command", "resources", "securityContext", "volumeMounts"}


def test_r22_nothing_in_it_is_secret() -> None:
    assert "env" not in copier()
    assert not any("secret" in volume for volume in delivered()["volumes"])


def test_trap_11_nothing_of_ours_lies_where_a_runtime_forbids_execution() -> None:
    mounts = [m["mountPath"] for c in (copier(), delivered()["containers"][0]) for m in c["volumeMounts"]]
    assert not [path for path in mounts if path.startswith(("/run", "/tmp"))]


# --- resources ---


def test_r35_in_a_guaranteed_pod_the_copier_has_what_the_first_container_has() -> None:
    limits = {"cpu": "2", "memory": "1Gi", "nvidia.com/gpu": "1"}
    app = {"name": "app", "image": "a:1", "command": ["/a"], "resources": {"limits": limits}}
    spec = {"containers": [app, app | {"name": "web"}]}
    assert copier(spec)["resources"] == {kind: {"cpu": "2", "memory": "1Gi"} for kind in ("requests", "limits")}


@given(guaranteed_pods())
def test_r35_the_copier_of_a_guaranteed_pod_is_guaranteed(sent: Json) -> None:
    given = resources(sent["spec"])
    copier = {"spec": {"containers": [{"name": "x", "resources": given}]}}
    assert qos_class(copier) == "Guaranteed"


@pytest.mark.parametrize(
    ("given", "cpu", "memory"),
    [
        ({}, ("10m", "500m"), ("16Mi", "64Mi")),
        ({"requests": {"cpu": "1", "memory": "1Gi"}}, ("1", None), ("1Gi", None)),
        ({"limits": {"cpu": 1}}, ("1", "1"), ("16Mi", "64Mi")),
        ({"limits": {"cpu": "1", "memory": "1Gi"}, "requests": {"cpu": "500m"}}, ("500m", "1"), ("1Gi", "1Gi")),
    ],
)
def test_in_any_other_pod_it_has_what_the_first_container_states_and_else_little(given: Json, cpu: Json, memory: Json) -> None:
    """What a LimitRange admits in the application, it admits in our container, too."""
    spec = {"containers": [{"name": "app", "image": "a:1", "command": ["/a"], "resources": given}]}
    found = copier(spec)["resources"]
    assert (found["requests"]["cpu"], found["limits"].get("cpu")) == cpu
    assert (found["requests"]["memory"], found["limits"].get("memory")) == memory


@pytest.mark.parametrize(
    ("pod_level", "expected"),
    [
        ({"limits": {"cpu": "1", "memory": "32Mi"}}, ({"cpu": "1", "memory": "32Mi"}, {"cpu": "1", "memory": "32Mi"})),
        ({"requests": {"cpu": "5m"}, "limits": {"cpu": 1}}, ({"cpu": "5m"}, {"cpu": "1"})),
        ({"requests": {"memory": "8Mi"}}, ({"memory": "8Mi"}, {})),
    ],
)
def test_with_pod_level_resources_it_asks_for_no_more_than_the_pod(pod_level: Json, expected: tuple[Json, Json]) -> None:
    """A container's limit above the pod's is refused by the API server."""
    given = copier({"resources": pod_level})["resources"]
    assert (given["requests"], given["limits"]) == expected


# --- where a runtime decides ---


@pytest.mark.parametrize(
    ("runtime_class", "delivery", "audit"),
    [
        ("kata-fc", "copy", "applied"),
        ("kata-qemu", "image", "applied: unproved"),
        ("nabla", "copy", "skipped: conflict"),
        ("crx", "image", "skipped: conflict"),
    ],
)
def test_the_runtime_decides_how_it_can_be_delivered(runtime_class: str, delivery: str, audit: str) -> None:
    kinds = ("kata-fc", "kata", "nabla", "crx")
    runtimes = {kind: {"class": "kata-qemu" if kind == "kata" else kind, "kind": kind} for kind in kinds}
    policy = {"kubernetes": "1.35", "toolkit": {"delivery": delivery}, "runtimes": runtimes}
    sent = pod({"runtimeClassName": runtime_class})
    assert answer(sent, context(policy))["auditAnnotations"] == {"init": audit}


def test_firecracker_shares_it_in_memory() -> None:
    volumes = delivered({"runtimeClassName": "kata-fc"})["volumes"]
    assert volumes[0] == {"name": "richpod-toolkit", "emptyDir": {"medium": "Memory", "sizeLimit": "64Mi"}}
