"""Volumes of the policy: sources as Kubernetes knows them, at places that hide nothing."""

import json
from importlib.resources import files
from typing import Any

import pytest

from webhook.policy import Policy
from webhook.policy.contradictions import contradictions
from webhook.policy.volumes import SOURCES


@pytest.mark.parametrize(
    "source", [{"quantumDisk": {"qubits": 3}}, {"nfs": {"server": "a", "path": "/b", "compression": "zstd"}}]
)
def test_a_volume_source_newer_than_we_are_is_accepted(source: dict[str, Any]) -> None:
    """Only a name that is nearly one we know is taken for a mistake."""
    policy = Policy.model_validate({"volumes": {"q": {"source": source, "mountPath": "/q"}}})
    assert policy.volumes["q"].source == source
    assert not list(contradictions(policy))


KUBERNETES = files("kubernetes_validate") / "kubernetes-json-schema" / "v1.37.0-local-strict"

REQUIRED_BY_VALIDATION = {"configMap": "name", "ephemeral": "volumeClaimTemplate", "image": "reference", "secret": "secretName"}
"""The schema lets them be left out, the API server does not."""


@pytest.mark.parametrize("kind", SOURCES)
def test_volume_sources_have_the_fields_that_kubernetes_gives_them(kind: str) -> None:
    schema = json.loads((KUBERNETES / f"{kind.lower()}volumesource-v1.json").read_text())
    required, further = SOURCES[kind]
    assert sorted(required + further) == sorted(schema["properties"])
    assert {*required} == {*schema.get("required", ()), *filter(None, [REQUIRED_BY_VALIDATION.get(kind)])}


def mounted(source: dict[str, Any], path: str = "/data") -> list[str]:
    """The sentences against a policy of one volume."""
    policy = Policy.model_validate({"volumes": {"v": {"source": source, "mountPath": path}}})
    return [f"{'.'.join(found.path)}: {found.sentence}" for found in contradictions(policy)]


@pytest.mark.parametrize("kind", [kind for kind, source in SOURCES.items() if source.required])
@pytest.mark.parametrize("nothing", [None, "", [], {}])
def test_a_volume_source_says_what_it_needs(kind: str, nothing: object) -> None:
    needs = [f"volumes.v.source.{kind}: needs {name}" for name in SOURCES[kind].required]
    assert mounted({kind: {}}) == mounted({kind: dict.fromkeys(SOURCES[kind].required, nothing)}) == needs
    assert mounted({kind: dict.fromkeys(SOURCES[kind].required, 0)}) == []


@pytest.mark.parametrize(
    "path", ["/", "//", "/.", "/proc", "/proc/", "/x/../sys", "/dev", "/.richpod", "/.richpod/bin", "/.richpod-state/"]
)
def test_no_volume_hides_what_a_container_or_richpod_needs(path: str) -> None:
    assert len(mounted({"emptyDir": {}}, path)) == 1


@pytest.mark.parametrize("path", ["/proc/x", "/sys/fs/cgroup", "/dev/shm", "/.richpod-mine", "/process", "/data"])
def test_a_volume_may_be_mounted_beside_them(path: str) -> None:
    assert mounted({"emptyDir": {}}, path) == []
