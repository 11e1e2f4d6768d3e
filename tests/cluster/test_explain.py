"""`richpod explain KIND/NAME` on a real API server: what became of a pod, and what a creation would come to now."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from .access import Object
from .commands import richpod
from .patient import PARSED, Patient, pod
from .processes import until

pytestmark = pytest.mark.cluster


def gates(healthy: Patient, *words: str) -> dict[str, Object]:
    ran = richpod(healthy.cluster.kubeconfig, "explain", *words, "-o", "json")
    assert ran.returncode == 0, ran.stderr
    return {gate["name"]: gate for gate in json.loads(ran.stdout)["gates"]}


def asking(name: str, **labels: str) -> Object:
    found = pod("shop", name, {f"richpod.io/{key}": value for key, value in labels.items()})
    found["metadata"]["annotations"] = {"richpod.io/init": "launch"}
    return found


@contextmanager
def passed_over(healthy: Patient, name: str) -> Iterator[None]:
    """A pod that is created with the label that keeps the webhook away, and loses it."""
    with healthy.added(asking(name, inject="false")):
        healthy.cluster.kubectl("-n", "shop", "label", "pod", name, "richpod.io/inject-")
        yield


def test_a_pod_that_was_changed_says_by_which_policy_and_is_not_judged_as_if_it_were_its_own_manifest(healthy: Patient) -> None:
    with healthy.added(asking("treated")):
        found = gates(healthy, "pod/treated", "-n", "shop")
    assert list(found) == ["created", "namespace", "entry", "mode", "left alone", "features"]
    assert found["created"]["result"] == "changed"
    assert f"profile default, policy {PARSED.hash} (today's)" in found["created"]["sentence"]
    assert found["created"]["details"] == ["init: applied"]
    assert found["entry"]["sentence"] == "baseline.default.inject.richpod.io: profile default, Pod Security baseline"
    assert found["features"]["fix"] == ["richpod explain --policy FILE -f FILE"]


def test_a_pod_of_a_controller_is_judged_from_its_template(healthy: Patient) -> None:
    template = {"metadata": {"labels": {"app": "web"}}, "spec": pod("shop", "web")["spec"]}
    spec = {"selector": {"matchLabels": {"app": "web"}}, "template": template}
    controller = {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web", "namespace": "shop"}, "spec": spec}
    with healthy.added(controller):
        owner = {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "web", "controller": True}
        owner["uid"] = healthy.get("statefulset", "-n", "shop", "web")["metadata"]["uid"]
        child = pod("shop", "web-0")
        child["metadata"]["ownerReferences"] = [owner]
        with healthy.added(child):
            found = gates(healthy, "po/web-0", "-n", "shop")
        whole = gates(healthy, "sts/web", "-n", "shop")
    assert found["created"]["result"] == "changed"
    assert found["today"]["sentence"] == "what follows is what a creation from statefulset/web would come to now"
    assert found["init"]["result"] == "applied"
    assert list(whole) == list(found)[2:]
    assert whole["init"] == found["init"]


def test_a_pod_that_was_passed_over_says_why_it_may_have_been_and_what_to_do(healthy: Patient) -> None:
    with passed_over(healthy, "missed"):
        created = gates(healthy, "pod/missed", "-n", "shop")["created"]
    assert (created["result"], created["sentence"]) == ("not changed", "a creation today would change it")
    assert created["fix"] == ["kubectl -n shop delete pod missed, then apply its own manifest again"]
    (reason,) = created["details"]
    assert reason.startswith("may be: the webhook was away at ")


def test_a_pod_that_is_older_than_the_label_says_so(healthy: Patient) -> None:
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "late"}}
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": "late"}}
    healthy.cluster.apply(namespace, account)
    early = asking("early")
    early["metadata"]["namespace"] = "late"
    (stored,) = healthy.cluster.apply(early)
    # Times of objects are whole seconds.
    until("the next second", lambda: f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}" > stored["metadata"]["creationTimestamp"])
    healthy.cluster.kubectl("label", "namespace", "late", "richpod.io/inject=true")
    (reason,) = gates(healthy, "pod/early", "-n", "late")["created"]["details"]
    assert "kubectl-label wrote labels of the namespace at " in reason


def test_a_pod_that_opted_out_is_told_by_its_label(healthy: Patient) -> None:
    with healthy.added(asking("left-alone", inject="false")):
        found = gates(healthy, "pod/left-alone", "-n", "shop")
    assert found["created"]["sentence"] == "a creation today would not change it either"
    assert found["entry"]["fix"] == ["remove the label richpod.io/inject from the pod"]


def test_another_policy_can_be_tried_on_what_lives(healthy: Patient, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("profiles: {default: {mode: audit}}")
    with healthy.added(asking("treated")):
        found = gates(healthy, "pod/treated", "-n", "shop", "--policy", str(tmp_path / "policy.yaml"))
    assert "(today's is " in found["created"]["sentence"]
    assert found["mode"]["result"] == "audit"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pod/nobody", "-n", "shop"], "there is no Pod shop/nobody"),
        (["deploymnt/web"], "write KIND/NAME; did you mean deployment?"),
        (["web"], "write KIND/NAME"),
        ([], "explain takes either KIND/NAME or -f FILE"),
        (["pod/web", "-f", "-"], "explain takes either KIND/NAME or -f FILE"),
        (["pod/web", "--context", "nowhere"], "no cluster to talk to"),
    ],
)
def test_what_cannot_be_explained_ends_with_2(healthy: Patient, words: list[str], said: str) -> None:
    ran = richpod(healthy.cluster.kubeconfig, "explain", *words)
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
