"""A proof that cannot fail proves nothing: each promise is seen to be broken by a feature that breaks it."""

import random
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from tests.additive import lost
from tests.corpus import pod_schema, proof
from tests.corpus.doors import POLICY, Case
from tests.reviews import context, pod
from webhook.admission import pipeline
from webhook.admission.context import Context
from webhook.admission.features.feature import Feature
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict
from webhook.errors import Refuse

LIMITS = {"limits": {"cpu": "1", "memory": "1Gi"}}
GUARANTEED = {"containers": [{"name": "app", "image": "shop/app:1", "command": ["/app"], "resources": LIMITS}]}


def add_once(pod: Pod, key: str, value: Any) -> None:
    if key not in pod.spec:
        pod.patch.add(pod.spec, "/spec", key, value)


def again_and_again(pod: Pod) -> None:
    pod.patch.append(pod.spec, "/spec", "tolerations", [{"key": "shop", "operator": "Exists"}])


def unknown_field(pod: Pod) -> None:
    add_once(pod, "colour", "red")


def wrong_type(pod: Pod) -> None:
    add_once(pod, "priorityClassName", 7)


def mount_without_volume(pod: Pod) -> None:
    pod.add_mounts(pod.app_containers[0], [{"name": "nowhere", "mountPath": "/nowhere"}])


def behind_the_patch(pod: Pod) -> None:
    pod.spec["priority"] = 7


def beside_the_patch(pod: Pod) -> None:
    add_once(pod, "hostname", "one")
    pod.spec["hostname"] = "other"


def remove(pod: Pod) -> None:
    if pod.spec["containers"][0].pop("command", None):
        pod.patch.operations.append({"op": "remove", "path": "/spec/containers/0/command"})


def host_path(pod: Pod) -> None:
    pod.add_volumes([{"name": "node", "hostPath": {"path": "/"}}])


def greedy_container(pod: Pod) -> None:
    if "initContainers" not in pod.spec:
        pod.add_init_container_first({"name": "greedy", "image": "shop/greedy:1"})


def refuse_own_work(pod: Pod) -> None:
    if "hostname" in pod.spec:
        raise Refuse("own-work", "the host name is set")
    pod.patch.add(pod.spec, "/spec", "hostname", "shop")


def at_random(pod: Pod) -> None:
    add_once(pod, "hostname", f"shop-{random.randrange(10**9)}")


@pytest.mark.parametrize(
    ("misdeed", "sentence"),
    [
        (again_and_again, "a second pass changes it again"),
        (again_and_again, "a second pass after the in-tree plug-ins changes it again"),
        (refuse_own_work, "a second pass refuses it"),
        (unknown_field, "JSON schema"),
        (wrong_type, "JSON schema"),
        (mount_without_volume, "which is no volume"),
        (behind_the_patch, "changed in place, without a patch"),
        (beside_the_patch, "RFC 6902 makes another pod"),
        (remove, "the patch holds {'remove'}"),
        (remove, "lost /spec/containers/0"),
        (host_path, "hostPath volume node"),
        (greedy_container, "no longer Guaranteed"),
        (at_random, "the same review gets two answers"),
        (again_and_again, "command and webhook give different patches"),
    ],
)
def test_a_broken_promise_is_found(misdeed: Callable[[Pod], None], sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = _case(GUARANTEED)
    monkeypatch.setattr(pipeline, "FEATURES", ())
    assert proof.problems(case) == []

    def apply(pod: Pod, option: Any, context: Context) -> list[Verdict]:
        misdeed(pod)
        return []

    monkeypatch.setattr(pipeline, "FEATURES", (Feature("mirrors", apply, always=True),))
    assert any(sentence in problem for problem in proof.problems(case))


def test_a_patch_for_a_pod_that_no_entry_sees_is_found() -> None:
    case = _case(GUARANTEED)._replace(context=None)
    assert proof.problems(case._replace(said={"patch": [{"op": "add", "path": "/spec/priority", "value": 1}]})) != []
    assert proof.problems(case) == []


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({"a": [1, 2], "b": {"c": None}}, []),
        ({"a": [0, 1, 9, 2, 3], "b": {"c": "new", "d": 1}, "e": 1}, []),
        ({"a": [2, 1], "b": {"c": None}}, ["/a/1"]),
        ({"a": [1], "b": {"c": None}}, ["/a/1"]),
        ({"a": [1, True], "b": {"c": None}}, ["/a/1"]),
        ({"a": [True, 2], "b": {"c": None}}, ["/a/0", "/a/1"]),
        ({"a": [1, 2]}, ["/b"]),
        ({"a": "1, 2", "b": {}}, ["/a", "/b/c"]),
    ],
)
def test_what_is_lost_of_a_document(after: Any, expected: list[str]) -> None:
    assert list(lost({"a": [1, 2], "b": {"c": None}}, after)) == expected


def test_only_a_mirrors_prefix_before_the_name_of_an_image_is_no_loss() -> None:
    assert list(lost({"image": "nginx:1"}, {"image": "mirror.example/library/nginx:1"})) == []
    assert list(lost({"image": "nginx:1"}, {"image": "mirror.example/library/nginx:2"})) == ["/image"]
    assert list(lost({"name": "nginx:1"}, {"name": "mirror.example/library/nginx:1"})) == ["/name"]


def test_the_schema_of_kubernetes_1_37_knows_what_a_pod_is() -> None:
    good = pod(owner=None)
    assert not pod_schema.errors(good)
    bad = deepcopy(good)
    bad["spec"]["containers"] += [{"name": 7, "image": "x", "colour": "red"}]
    assert set(pod_schema.errors(bad)) == {
        "spec/containers/*/name: 7 is not of type 'string'",
        "spec/containers/*: Additional properties are not allowed ('colour' was unexpected)",
    }


def _case(spec: Any) -> Case:
    """A pod to which, says the command, nothing happens."""
    return Case({"patch": [], "verdicts": []}, pod(spec), "shop", context(POLICY, "light", "restricted"))
