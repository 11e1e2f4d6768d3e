"""Components: what they add to a stream and take out of it, as kustomize does with the files."""

from webhook.cli.manifests.component import DELETE, Component, added
from webhook.cli.manifests.manifest import Manifest, named

ACCOUNT = named("v1", "ServiceAccount", "a")
SERVICE = named("v1", "Service", "s", spec={"ports": [1], "type": "ClusterIP"})
BASE = [Manifest(ACCOUNT), Manifest(SERVICE, "why")]


def test_its_objects_come_after_the_others() -> None:
    more = Manifest(named("v1", "ConfigMap", "c"))
    assert added(BASE, Component("", resources=(more,))) == [*BASE, more]


def test_an_object_is_deleted() -> None:
    gone = Manifest({**named("v1", "ServiceAccount", "a"), **DELETE})
    assert added(BASE, Component("", changes=(gone,))) == BASE[1:]


def test_maps_are_merged_and_lists_replaced() -> None:
    change = named("v1", "Service", "s", spec={"ports": [2]})
    change["metadata"]["annotations"] = {"k": "v"}
    [_, (changed, why)] = added(BASE, Component("", changes=(Manifest(change),)))
    assert changed["spec"] == {"ports": [2], "type": "ClusterIP"}
    assert changed["metadata"] == {**SERVICE["metadata"], "annotations": {"k": "v"}}
    assert why == "why"
    assert "annotations" not in SERVICE["metadata"]


def test_the_same_name_in_another_namespace_is_another_object() -> None:
    gone = Manifest({**named("v1", "ServiceAccount", "a", "elsewhere"), **DELETE})
    assert added(BASE, Component("", changes=(gone,))) == BASE
