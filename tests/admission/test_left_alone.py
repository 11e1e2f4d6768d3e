"""Pods that are left alone, whatever selectors say."""

from typing import Any

import pytest

from tests.reviews import answer, context, pod

Json = dict[str, Any]

UNTOUCHED = {"uid": "705ab4f5-6393-11e8-b7cc-42010a800002", "allowed": True}


@pytest.mark.parametrize(
    "namespace", ["kube-system", "kube-public", "kube-node-lease", "richpod-system", "richpod-lxcfs", "infra"]
)
def test_r45_excluded_namespaces_are_left_alone_even_when_selectors_are_wrong(namespace: str) -> None:
    assert answer(pod(), context({"excludedNamespaces": ["infra"]}), namespace=namespace) == UNTOUCHED


@pytest.mark.parametrize(
    "sent",
    [
        pod(annotations={"kubernetes.io/config.mirror": "0"}),
        pod(owner={"apiVersion": "v1", "kind": "Node", "name": "n1", "uid": "u", "controller": True}),
    ],
)
def test_r44_mirror_pods_are_left_alone(sent: Json) -> None:
    assert answer(sent, context()) == UNTOUCHED


@pytest.mark.parametrize(
    "spec",
    [
        {"os": {"name": "windows"}},
        {"nodeSelector": {"kubernetes.io/os": "windows"}},
        {"nodeSelector": {"beta.kubernetes.io/os": "windows"}},
    ],
)
def test_r41_windows_pods_are_left_alone(spec: Json) -> None:
    assert answer(pod(spec), context()) == UNTOUCHED


def test_r46_richpods_own_pods_are_left_alone() -> None:
    assert answer(pod(labels={"richpod.io/component": "webhook"}), context()) == UNTOUCHED


def test_a_linux_pod_that_says_so_is_not_left_alone() -> None:
    assert "patch" in answer(pod({"os": {"name": "linux"}, "nodeSelector": {"kubernetes.io/os": "linux"}}), context())


def test_r3_a_pod_that_needs_nothing_is_not_touched() -> None:
    assert answer(pod(), context({"profiles": {"default": {}}})) == UNTOUCHED
