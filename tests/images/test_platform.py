"""On which machines a pod may run, as far as it says."""

from typing import Any

import pytest

from webhook.images.platform import Platform, allowed

AMD, ARM, OLD, WINDOWS = (
    Platform("linux", "amd64"),
    Platform("linux", "arm64", "v8"),
    Platform("linux", "arm"),
    Platform("windows", "amd64"),
)
ALL = (AMD, ARM, OLD, WINDOWS)


def affinity(*terms: Any) -> dict[str, Any]:
    required = {"nodeSelectorTerms": [{"matchExpressions": list(term)} for term in terms]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


def arch(operator: str, *values: str, key: str = "kubernetes.io/arch") -> dict[str, Any]:
    return {"key": key, "operator": operator, **({"values": list(values)} if values else {})}


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, (AMD, ARM, OLD)),
        ({"nodeSelector": {"disk": "fast"}}, (AMD, ARM, OLD)),
        ({"nodeSelector": {"kubernetes.io/arch": "arm64"}}, (ARM,)),
        ({"nodeSelector": {"beta.kubernetes.io/arch": "amd64"}}, (AMD,)),
        ({"nodeSelector": {"kubernetes.io/arch": "arm64", "beta.kubernetes.io/arch": "amd64"}}, ()),
        (affinity([arch("In", "amd64", "arm")]), (AMD, OLD)),
        (affinity([arch("NotIn", "amd64")]), (ARM, OLD)),
        (affinity([arch("Exists")]), (AMD, ARM, OLD)),
        (affinity([arch("DoesNotExist")]), ()),
        (affinity([arch("In", "amd64")], [arch("In", "arm64")]), (AMD, ARM)),
        (affinity([arch("In", "amd64"), arch("NotIn", "amd64")]), ()),
        (affinity([arch("In", "fast", key="disk")]), (AMD, ARM, OLD)),
        ({**affinity([arch("In", "amd64", "arm64")]), "nodeSelector": {"kubernetes.io/arch": "arm64"}}, (ARM,)),
        ({"affinity": {"nodeAffinity": {}}, "nodeSelector": None}, (AMD, ARM, OLD)),
    ],
)
def test_selector_and_required_affinity_decide(spec: dict[str, Any], expected: tuple[Platform, ...]) -> None:
    assert tuple(filter(allowed(spec), ALL)) == expected


@pytest.mark.parametrize(
    ("said", "normal"),
    [
        (Platform("Linux", "x86_64"), AMD),
        (Platform("linux", "amd64", "v1"), AMD),
        (Platform("linux", "amd64", "v3"), Platform("linux", "amd64", "v3")),
        (Platform("linux", "aarch64"), Platform("linux", "arm64")),
        (ARM, Platform("linux", "arm64")),
        (OLD, Platform("linux", "arm", "v7")),
        (Platform("linux", "arm", "6"), Platform("linux", "arm", "v6")),
        (Platform("linux", "i386"), Platform("linux", "386")),
    ],
)
def test_platforms_are_compared_as_containerd_compares_them(said: Platform, normal: Platform) -> None:
    assert said.normal == normal
    assert normal.normal == normal
