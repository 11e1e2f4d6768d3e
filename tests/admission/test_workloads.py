"""Where the pod is in each kind of manifest, and the Pod that the API server is asked to create from it."""

from typing import Any

import pytest

from webhook.admission.workloads import KINDS, Workload, pod, template, workloads

Json = dict[str, Any]

TEMPLATE: Json = {
    "metadata": {"labels": {"a": "b"}, "annotations": {"c": "d"}, "creationTimestamp": None, "name": "ignored"},
    "spec": {"containers": [{"name": "app"}]},
}


def manifest(version: str, kind: str, **held: Any) -> Json:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": "web", "namespace": "elsewhere"}, **held}


def templated(version: str, kind: str) -> Json:
    if kind == "CronJob":
        return manifest(version, kind, spec={"jobTemplate": {"spec": {"template": TEMPLATE}}})
    return (
        manifest(version, kind, template=TEMPLATE)
        if kind == "PodTemplate"
        else manifest(version, kind, spec={"template": TEMPLATE})
    )


@pytest.mark.parametrize(
    ("version", "kind", "controller"),
    [
        ("apps/v1", "Deployment", ("apps/v1", "ReplicaSet")),
        ("apps/v1beta1", "Deployment", ("apps/v1", "ReplicaSet")),
        ("extensions/v1beta1", "Deployment", ("apps/v1", "ReplicaSet")),
        ("apps/v1", "ReplicaSet", ("apps/v1", "ReplicaSet")),
        ("apps/v1", "StatefulSet", ("apps/v1", "StatefulSet")),
        ("apps/v1", "DaemonSet", ("apps/v1", "DaemonSet")),
        ("v1", "ReplicationController", ("v1", "ReplicationController")),
        ("batch/v1", "Job", ("batch/v1", "Job")),
        ("batch/v1", "CronJob", ("batch/v1", "Job")),
        ("batch/v1beta1", "CronJob", ("batch/v1", "Job")),
    ],
)
def test_a_controllers_pod_is_what_its_create_request_carries(version: str, kind: str, controller: tuple[str, str]) -> None:
    (found,) = workloads(templated(version, kind))
    assert template(found) is TEMPLATE
    sent = pod(found, "shop")
    named = {"name": "web-0"} if kind == "StatefulSet" else {}
    assert sent["metadata"] == named | {
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
        "generateName": "web-",
        "namespace": "shop",
        "ownerReferences": [
            {
                "apiVersion": controller[0],
                "kind": controller[1],
                "name": "web",
                "controller": True,
                "blockOwnerDeletion": True,
            }
        ],
    }
    assert (sent["apiVersion"], sent["kind"], sent["spec"]) == ("v1", "Pod", TEMPLATE["spec"])


def test_claims_of_a_stateful_set_are_volumes_of_its_pod() -> None:
    """Live facts: before those of the template."""
    held = {"spec": {"containers": [], "volumes": [{"name": "cache", "emptyDir": {}}]}}
    claims = [{"metadata": {"name": name}} for name in ("data", "log")]
    (found,) = workloads(manifest("apps/v1", "StatefulSet", spec={"template": held, "volumeClaimTemplates": claims}))
    assert pod(found, "shop")["spec"]["volumes"] == [
        {"name": "data", "persistentVolumeClaim": {"claimName": "data-web-0"}},
        {"name": "log", "persistentVolumeClaim": {"claimName": "log-web-0"}},
        {"name": "cache", "emptyDir": {}},
    ]
    assert len(held["spec"]["volumes"]) == 1


def test_a_bare_pod_is_itself() -> None:
    found = manifest("v1", "Pod", spec=TEMPLATE["spec"], futureField=1)
    (workload,) = workloads(found)
    assert pod(workload, "shop") == {**found, "metadata": {"name": "web", "namespace": "shop"}}
    assert found["metadata"]["namespace"] == "elsewhere"


def test_a_pod_template_has_no_controller() -> None:
    (found,) = workloads(templated("v1", "PodTemplate"))
    assert "ownerReferences" not in pod(found, "shop")["metadata"]


def test_lists_are_flattened_in_order_and_say_where() -> None:
    pods = {"apiVersion": "v1", "kind": "PodList", "items": [{"metadata": {"name": "a"}, "spec": {}}]}
    nested = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [manifest("v1", "ConfigMap"), templated("apps/v1", "Deployment"), pods],
    }
    assert [(w.kind, w.name, w.place) for w in workloads(nested)] == [("Deployment", "web", (1,)), ("Pod", "a", (2, 0))]


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "text",
        1,
        {},
        {"kind": "Pod"},
        {"kind": "Pod", "apiVersion": 1},
        {"kind": ["Pod"], "apiVersion": "v1"},
        manifest("example.com/v1", "Deployment"),
        manifest("apps/v1", "Pod"),
        {"apiVersion": "v1", "kind": "List", "items": 5},
        {"apiVersion": "v1", "kind": "List", "items": {"a": "b"}},
        {"apiVersion": "v1", "kind": "List", "items": [None, "x", []]},
        {"apiVersion": "v1", "kind": "ConfigMapList", "items": [{}]},
    ],
)
def test_what_holds_no_pod_yields_nothing(document: Any) -> None:
    assert list(workloads(document)) == []


@pytest.mark.parametrize("broken", [{}, {"spec": None}, {"spec": {"template": None}}, {"spec": []}])
def test_a_workload_without_a_template_is_found_as_such(broken: Json) -> None:
    (found,) = workloads(manifest("apps/v1", "Deployment", **broken))
    assert template(found) is None


def test_a_workload_without_a_name_has_none() -> None:
    assert Workload({"kind": "Pod"}, ()).name == ""
    assert Workload({"kind": "Pod", "metadata": {"generateName": "x-"}}, ()).name == "x-"


def test_every_kind_that_makes_pods_is_known() -> None:
    assert {
        "CronJob",
        "DaemonSet",
        "Deployment",
        "Job",
        "Pod",
        "PodTemplate",
        "ReplicaSet",
        "ReplicationController",
        "StatefulSet",
    } == KINDS
