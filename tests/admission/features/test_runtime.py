"""runtime: an empty runtimeClassName is filled, a class the pod names must be one it may have; never silently missing."""

from typing import Any

import pytest

from tests.in_tree import Cluster, Rejected, RuntimeClass, create
from tests.reviews import answer, context, operations, patched, pod, webhook
from tests.strategies import RUNTIMES

Json = dict[str, Any]


def policy(runtime: str | None = "gvisor", allow: tuple[str, ...] = (), **profile: Any) -> Json:
    features = {"features": {"runtime": runtime}} if runtime else {}
    return {"runtimes": RUNTIMES, "profiles": {"default": {**features, "allow": list(allow), **profile}}}


def causes(response: Json) -> list[Json]:
    assert response["allowed"] is False
    found: list[Json] = response["status"]["details"]["causes"]
    return found


def test_trap_15_only_the_class_is_set_and_nothing_that_belongs_to_it() -> None:
    added = operations(answer(pod(), context(policy())))
    assert added[0] == {"op": "add", "path": "/spec/runtimeClassName", "value": "gvisor"}
    assert [operation["path"] for operation in added[1:]] == ["/metadata/annotations"]


def test_r36_overhead_and_scheduling_follow_in_tree() -> None:
    kata = RuntimeClass({"podFixed": {"memory": "160Mi"}}, {"kata": "yes"}, ({"key": "kata", "operator": "Exists"},))
    created = create(pod(), [webhook(context(policy("kata")))], Cluster({"kata-qemu": kata}))
    assert created["spec"]["overhead"] == {"podFixed": {"memory": "160Mi"}}
    assert created["spec"]["nodeSelector"] == {"kata": "yes"}


def test_r36_a_class_that_is_set_is_never_changed() -> None:
    response = answer(pod({"runtimeClassName": "gvisor"}), context(policy()))
    assert response["allowed"]
    assert "patch" not in response


def test_r37_a_class_the_pod_names_is_refused_where_the_profile_does_not_allow_it() -> None:
    cause = causes(answer(pod({"runtimeClassName": "kata-qemu"}), context(policy())))[0]
    assert cause["field"] == "spec.runtimeClassName"
    assert "kata-qemu is not allowed by profile default" in cause["message"]


@pytest.mark.parametrize("name", ["unheard-of", ""])
def test_r37_a_class_the_policy_does_not_define_is_refused(name: str) -> None:
    assert causes(answer(pod({"runtimeClassName": name}), context(policy("gvisor", ("runtime",)))))


def test_a_class_the_pod_names_is_kept_where_the_profile_lets_pods_choose() -> None:
    assert answer(pod({"runtimeClassName": "kata-qemu"}), context(policy("gvisor", ("runtime",))))["allowed"]


def test_r75_an_annotation_alone_chooses_nothing() -> None:
    cause = causes(answer(pod(annotations={"richpod.io/runtime": "kata"}), context(policy())))[0]
    assert cause["field"] == "metadata.annotations[richpod.io/runtime]"


def test_a_pod_chooses_among_what_the_policy_defines() -> None:
    entry = context(policy(None, ("runtime",)))
    assert patched(pod(annotations={"richpod.io/runtime": " kata "}), entry)["spec"]["runtimeClassName"] == "kata-qemu"
    cause = causes(answer(pod(annotations={"richpod.io/runtime": "gviser"}), entry))[0]
    assert "did you mean gvisor?" in cause["message"]


def test_class_and_annotation_must_not_contradict() -> None:
    sent = pod({"runtimeClassName": "gvisor"}, {"richpod.io/runtime": "kata"})
    assert causes(answer(sent, context(policy(None, ("runtime",)))))


@pytest.mark.parametrize("annotation", ["", "none", "false", "runc"])
def test_a_pod_cannot_annotate_its_way_out_of_a_required_runtime(annotation: str) -> None:
    entry = context(policy("gvisor", (), required=["runtime"]))
    assert causes(answer(pod(annotations={"richpod.io/runtime": annotation}), entry))


@pytest.mark.parametrize(
    ("metadata", "spec"),
    [
        ({"labels": {"richpod.io/component": "webhook"}}, {}),
        ({"owner": {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u"}}, {}),
        ({"owner": {"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u", "controller": True}}, {}),
    ],
)
def test_a_pod_cannot_pose_its_way_out_of_a_required_runtime(metadata: Json, spec: Json) -> None:
    """Labels and owner references are what the author writes; a real mirror pod carries the kubelet's annotation, too."""
    entry = context(policy("gvisor", (), required=["runtime"]))
    assert patched(pod(spec, **metadata), entry)["spec"]["runtimeClassName"] == "gvisor"


def test_what_the_runtime_cannot_do_is_refused_by_name() -> None:
    sub_path = {"name": "app", "image": "a:1", "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "x"}]}
    spec = {"containers": [sub_path], "volumes": [{"name": "v", "emptyDir": {}}]}
    assert "subPath" in causes(answer(pod(spec), context(policy("kata"))))[0]["message"]
    assert "hostNetwork" in causes(answer(pod({"hostNetwork": True}), context(policy("gvisor"))))[0]["message"]
    assert answer(pod(spec), context(policy("gvisor")))["allowed"]


def test_trap_29_a_pod_on_the_nodes_network_is_refused_where_it_would_get_one_of_its_own() -> None:
    """A vSphere Pod would ignore it without a word."""
    (cause,) = causes(answer(pod({"hostNetwork": True}), context(policy("crx"))))
    assert "hostNetwork" in cause["message"]
    assert answer(pod({"hostNetwork": False}), context(policy("crx")))["allowed"]


def test_what_was_never_proved_is_said() -> None:
    sub_path = {"name": "app", "image": "a:1", "volumeMounts": [{"name": "v", "mountPath": "/v", "subPath": "x"}]}
    response = answer(pod({"containers": [sub_path], "volumes": [{"name": "v", "emptyDir": {}}]}), context(policy("crx")))
    assert response["auditAnnotations"] == {"runtime": "applied: unproved"}
    assert "not proved" in response["warnings"][0]


def test_the_other_features_mind_the_runtime_that_was_just_chosen() -> None:
    features = {"features": {"runtime": "gvisor", "lxcfs": True, "init": "launch"}}
    response = answer(pod(), context({"runtimes": RUNTIMES, "profiles": {"default": features}}))
    assert response["auditAnnotations"] == {"runtime": "applied", "lxcfs": "skipped: conflict", "init": "applied"}


def test_a_profile_that_says_nothing_of_runtimes_has_no_opinion() -> None:
    response = answer(pod({"runtimeClassName": "anything"}), context({}))
    assert response["allowed"]


def test_a_class_that_no_cluster_has_is_the_api_servers_to_refuse() -> None:
    with pytest.raises(Rejected, match="not found"):
        create(pod(), [webhook(context(policy()))], Cluster())
