"""`richpod check` on a real API server: which pods were passed over, and which were not."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from .access import Object
from .commands import check
from .patient import POLICY, Patient, pod

pytestmark = pytest.mark.cluster


def owned(kind: str, name: str, by: Object | None = None) -> Object:
    """An object of apps/v1 in the namespace shop that makes no pods, for want of a controller."""
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("shop", "web")["spec"]}
    metadata = {"name": name, "namespace": "shop", **(owner(by) if by else {})}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    return {"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}


def owner(by: Object) -> dict[str, object]:
    named = {"name": by["metadata"]["name"], "uid": by["metadata"]["uid"], "controller": True}
    return {"ownerReferences": [{"apiVersion": by["apiVersion"], "kind": by["kind"], **named}]}


@contextmanager
def passed_over(healthy: Patient, *pods: Object) -> Iterator[None]:
    """They are created with the label that keeps the webhook away, and lose it."""
    for one in pods:
        one["metadata"]["labels"] = {"richpod.io/inject": "false"}
    with healthy.added(*pods):
        for one in pods:
            healthy.cluster.kubectl("-n", "shop", "label", "pod", one["metadata"]["name"], "richpod.io/inject-")
        yield


def test_pods_that_were_passed_over_are_named_with_what_restarts_them(healthy: Patient) -> None:
    (deployment,) = healthy.cluster.apply(owned("Deployment", "web"))
    (replicas,) = healthy.cluster.apply(owned("ReplicaSet", "web-1", deployment))
    pods = [pod("shop", f"web-1-{i}") for i in range(5)]
    for one in pods:
        one["metadata"] |= owner(replicas)
    alone = pod("shop", "alone")
    alone["metadata"]["annotations"] = {"richpod.io/init": "launch"}
    with passed_over(healthy, *pods, alone):
        code, lines = check(healthy.cluster)
    assert code == 1
    assert {finding["sentence"]: finding["fix"] for finding in lines["missed"]["findings"]} == {
        "shop: deployment/web: 5 pods run untreated: web-1-0, web-1-1, web-1-2 and 2 more": (
            "kubectl -n shop rollout restart deployment/web"
        ),
        "shop: 1 pod runs untreated: alone (then apply its own manifest again)": "kubectl -n shop delete pod alone",
    }


def test_pods_that_were_treated_or_ask_not_to_be_are_not_missed(healthy: Patient) -> None:
    treated = pod("shop", "treated")
    treated["metadata"]["annotations"] = {"richpod.io/init": "launch"}
    with healthy.added(treated, pod("shop", "left-alone", {"richpod.io/inject": "false"})):
        stored = healthy.get("pod", "-n", "shop", "treated")
        (finding,) = check(healthy.cluster)[1]["missed"]["findings"]
    assert "richpod.io/status" in stored["metadata"]["annotations"]
    assert finding["sentence"] == "2 running pods of namespaces that opted in: none was missed"


MORE = {
    "profiles": {"default": {"features": {"init": "launch", "volumes": ["scratch"]}}},
    "volumes": {"scratch": {"source": {"emptyDir": {}}, "mountPath": "/scratch"}},
}


@pytest.mark.parametrize("newer", [MORE, {"image": {"prefix": "registry.example/elsewhere"}}], ids=["more", "other image"])
def test_a_pod_of_an_older_policy_was_not_missed(healthy: Patient, tmp_path: Path, newer: Object) -> None:
    """The webhook was there; but a creation today would come to something else. What it holds of ours is no forgery in its
    template: it is made anew, and not refused.
    """
    (tmp_path / "policy.yaml").write_text(json.dumps({**yaml.safe_load(POLICY), **newer}))
    treated = pod("shop", "treated")
    treated["metadata"]["annotations"] = {"richpod.io/init": "launch"}
    with healthy.added(treated):
        line = check(healthy.cluster, "--policy", str(tmp_path / "policy.yaml"))[1]["missed"]
    assert line["result"] == "warning"
    (finding,) = line["findings"]
    assert finding["sentence"].endswith("and would be changed today: shop/treated")
    assert finding["fix"] == "kubectl -n shop delete pod treated"
