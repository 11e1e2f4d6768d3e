"""The class that the kubelet will find decides where a pod's control groups lie."""

from typing import Any

import pytest

from webhook.admission.qos import qos_class, quantity


def container(requests: dict[str, Any] | None = None, limits: dict[str, Any] | None = None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if requests is not None:
        found["requests"] = requests
    if limits is not None:
        found["limits"] = limits
    return {"name": "app", "resources": found} if found else {"name": "app"}


BOTH = {"cpu": "1", "memory": "1Gi"}


@pytest.mark.parametrize(
    ("containers", "expected"),
    [
        ([container()], "BestEffort"),
        ([container({}, {})], "BestEffort"),
        ([container({"cpu": "0"})], "BestEffort"),
        ([container({"ephemeral-storage": "1Gi"})], "BestEffort"),
        ([container({"cpu": "10m"})], "Burstable"),
        ([container(None, {"cpu": "1"})], "Burstable"),
        ([container(BOTH, BOTH)], "Guaranteed"),
        ([container(None, BOTH)], "Guaranteed"),
        ([container({"cpu": "1000m", "memory": "1024Mi"}, BOTH)], "Guaranteed"),
        ([container({"cpu": "500m", "memory": "1Gi"}, BOTH)], "Burstable"),
        ([container(BOTH, BOTH), container()], "Burstable"),
        ([container(BOTH, BOTH), container(BOTH, BOTH)], "Guaranteed"),
    ],
)
def test_the_class_is_the_kubelet_s(containers: list[dict[str, Any]], expected: str) -> None:
    assert qos_class({"containers": containers}) == expected


def test_init_containers_count() -> None:
    assert qos_class({"containers": [container()], "initContainers": [container({"cpu": "10m"})]}) == "Burstable"
    assert qos_class({"containers": [container(BOTH, BOTH)], "initContainers": [container()]}) == "Burstable"


def test_what_a_pod_states_as_a_whole_counts_alone() -> None:
    assert qos_class({"containers": [container()], "resources": {"limits": BOTH}}) == "Guaranteed"
    assert qos_class({"containers": [container(BOTH, BOTH)], "resources": {"requests": {"cpu": "1"}}}) == "Burstable"


@pytest.mark.parametrize(
    ("one", "other"),
    [("1", "1000m"), ("1Gi", "1024Mi"), ("1e3", "1k"), (2, "2"), ("0.5", "500m"), ("1E", "1e18")],
)
def test_quantities_are_numbers(one: str | int, other: str) -> None:
    assert quantity(one) == quantity(other)
