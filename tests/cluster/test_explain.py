"""`richpod explain KIND/NAME` on a real API server: what became of a pod, and what a creation would come to now."""

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from webhook.admission.features import NAMES
from webhook.installation import NAMESPACE, WEBHOOK

from .access import Object
from .commands import richpod
from .installation import ALLOW
from .patient import PARSED, Patient, pod, replica
from .processes import until

pytestmark = pytest.mark.cluster
DEPLOYED = ("deployment", "-n", NAMESPACE, WEBHOOK)


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


def test_a_pod_that_was_changed_says_by_which_policy_and_what_that_policy_said_of_each_feature(healthy: Patient) -> None:
    asked = asking("treated")
    asked["metadata"]["annotations"]["richpod.io/lxcfs"] = "true"
    with healthy.added(asked):
        found = gates(healthy, "pod/treated", "-n", "shop")
    assert list(found) == ["created", "namespace", "entry", "mode", "left alone", *NAMES]
    assert found["created"]["result"] == "changed"
    assert f"profile default, policy {PARSED.hash} (today's)" in found["created"]["sentence"]
    assert found["created"]["details"] == ["lxcfs: skipped: not-allowed", "init: applied"]
    assert found["entry"]["sentence"] == "baseline.default.inject.richpod.io: profile default, Pod Security baseline"
    assert found["init"]["sentence"].endswith(": PID 1 is launch")
    assert "profile default does not let pods choose lxcfs" in found["lxcfs"]["sentence"]
    assert "allow: [init, lxcfs]" in found["lxcfs"]["fix"][0]
    assert found["mirrors"]["fix"][0] == "mirrors: {docker.io/: REGISTRY/}"  # not where the toolkit's image comes from


def test_what_another_policy_made_of_a_pod_is_not_judged_as_if_it_were_its_own_manifest(healthy: Patient, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("profiles: {default: {features: {init: dumb-init}, allow: [init]}}")
    with healthy.added(asking("treated")):
        found = gates(healthy, "pod/treated", "-n", "shop", "--policy", str(tmp_path / "policy.yaml"))
    assert list(found) == ["created", "namespace", "entry", "mode", "left alone", "features"]
    assert "(today's is " in found["created"]["sentence"]
    assert found["features"]["fix"] == []
    assert found["features"]["details"] == ["of its own manifest: richpod explain -f FILE --policy FILE"]


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


def test_a_pod_of_a_replica_set_is_judged_from_the_deployment_which_knows_of_the_surge(healthy: Patient, tmp_path: Path) -> None:
    """No controller makes the ReplicaSet here."""
    pool = {"annotation": "example.com/ips", "form": "json-list", "pools": {"shop": ["198.51.100.0/28"]}}
    (tmp_path / "policy.yaml").write_text(json.dumps({"fixedIP": pool, "profiles": {"default": {"allow": ["fixed-ip"]}}}))
    with child_of_a_deployment(healthy, {"richpod.io/fixed-ip": "198.51.100.1"}) as name:
        found = gates(healthy, f"pod/{name}", "-n", "shop", "--policy", str(tmp_path / "policy.yaml"))
    assert found["today"]["sentence"] == "what follows is what a creation from deployment/web would come to now"
    assert found["fixed-ip"]["details"][0] == "applied: up to 2 pods at once (replicas 1, maxSurge 1) for 1 address"


@contextmanager
def child_of_a_deployment(healthy: Patient, annotations: dict[str, str]) -> Iterator[str]:
    """Yields the name of the pod."""
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels, "annotations": annotations}, "spec": pod("shop", "web")["spec"]}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    owner: Object = {}
    with ExitStack() as there:
        for kind, name in (("Deployment", "web"), ("ReplicaSet", "web-1")):
            metadata = {"name": name, "namespace": "shop", "ownerReferences": [owner] if owner else []}
            there.enter_context(healthy.added({"apiVersion": "apps/v1", "kind": kind, "metadata": metadata, "spec": spec}))
            uid = healthy.get(kind.lower(), "-n", "shop", name)["metadata"]["uid"]
            owner = {"apiVersion": "apps/v1", "kind": kind, "name": name, "uid": uid, "controller": True}
        child = pod("shop", "web-1-a", labels)
        child["metadata"] |= {"annotations": annotations, "ownerReferences": [owner]}
        there.enter_context(healthy.added(child))
        yield "web-1-a"


def test_a_pod_that_was_passed_over_says_why_it_may_have_been_and_what_to_do(healthy: Patient) -> None:
    with passed_over(healthy, "missed"):
        created = gates(healthy, "pod/missed", "-n", "shop")["created"]
    assert (created["result"], created["sentence"]) == ("not changed", "a creation today would change it")
    assert created["fix"] == ["kubectl -n shop delete pod missed", "then apply its own manifest again"]
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


def test_a_pod_that_waits_for_the_toolkit_says_so_next_to_what_was_decided(healthy: Patient) -> None:
    with healthy.unpulled("waiting") as said:
        found = gates(healthy, "pod/waiting", "-n", "shop")
    assert list(found)[:2] == ["created", "start"]
    assert found["start"]["result"] == "waits"
    assert found["start"]["sentence"] == f"for {PARSED.image.toolkit}, which its node cannot pull: {said}"
    assert "imagePullSecrets of the ServiceAccounts in shop" in found["start"]["fix"][0]


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


# --- where the policy that decides is not known ---


@contextmanager
def broken_policy(healthy: Patient) -> Iterator[str]:
    """An administrator has rolled one out. Yields what is wrong with it."""
    name = "richpod-policy-000000000000"
    metadata = {"name": name, "namespace": NAMESPACE}
    mistaken = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"policy.yaml": "profilez: {}\n"}}
    volumes = healthy.get(*DEPLOYED)["spec"]["template"]["spec"]["volumes"]
    (index,) = [i for i, volume in enumerate(volumes) if volume["name"] == "policy"]
    at = f"/spec/template/spec/volumes/{index}/configMap/name"
    patch = [{"op": "replace", "path": at, "value": name}]
    with healthy.added(mistaken), healthy.edited(*DEPLOYED, patch=patch):
        yield f"the policy of the cluster is broken: ConfigMap {NAMESPACE}/{name}:1: profilez: "


def test_while_a_broken_policy_is_rolled_out_a_pod_still_says_what_became_of_it(healthy: Patient) -> None:
    """No replica is ready here: nothing tells by what a creation would be judged."""
    with healthy.added(asking("treated")), broken_policy(healthy) as mistake:
        ran = richpod(healthy.cluster.kubeconfig, "explain", "pod/treated", "-n", "shop", "-o", "json")
        whole = richpod(healthy.cluster.kubeconfig, "explain", "deployment/nobody", "-n", "shop")
    created, today = json.loads(ran.stdout)["gates"]
    assert ran.returncode == 2
    assert (created["result"], created["details"]) == ("changed", ["init: applied"])
    assert f"policy {PARSED.hash} (today's is not known)" in created["sentence"]
    assert today["sentence"].startswith(f"what a creation would come to now is not known: {mistake}")
    assert today["details"] == ["or name one: --policy FILE"]
    assert "there is no Deployment shop/nobody" in whole.stderr


def test_while_a_broken_policy_is_rolled_out_the_one_that_replicas_serve_decides(healthy: Patient) -> None:
    serving = replica(healthy, "serving")
    with healthy.added(asking("treated"), serving):
        ready = [{"type": "Ready", "status": "True"}]
        healthy.status(healthy.get("pod", "-n", NAMESPACE, "serving"), conditions=ready)
        with broken_policy(healthy) as mistake:
            ran = richpod(healthy.cluster.kubeconfig, "explain", "pod/treated", "-n", "shop")
    assert ran.returncode == 0, ran.stderr
    assert f"policy {PARSED.hash} (today's)" in ran.stdout
    first, second = ran.stderr.splitlines()
    assert first.startswith(f"richpod: {mistake}")
    assert second == f"richpod: judged by policy {PARSED.hash}, which replicas still serve"


@pytest.fixture
def developer(healthy: Patient, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of somebody who may see what is in the namespace shop, and nothing else."""
    held = yaml.safe_load(healthy.cluster.kubeconfig.read_text())
    account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "developer", "namespace": "shop"}}
    with healthy.added(account):
        # What `view` is made of: no controller gathers it here.
        bind = ("create", "rolebinding", "developer", "--clusterrole=system:aggregate-to-view", "--serviceaccount=shop:developer")
        healthy.cluster.kubectl("-n", "shop", *bind)
        held["users"][0]["user"] = {"token": healthy.cluster.kubectl("-n", "shop", "create", "token", "developer")}
        (tmp_path / "kubeconfig").write_text(json.dumps(held))
        yield tmp_path / "kubeconfig"
        healthy.cluster.kubectl("-n", "shop", "delete", "rolebinding", "developer")


LACKING = (
    'the policy of the cluster may not be read: deployments.apps "richpod-webhook" is forbidden: '
    'User "system:serviceaccount:shop:developer" cannot get resource "deployments" in API group "apps" '
    'in the namespace "richpod-system"'
)


def test_who_may_not_read_the_policy_is_told_which_right_and_how_it_is_given(healthy: Patient, developer: Path) -> None:
    with healthy.added(asking("treated")), child_of_a_deployment(healthy, {}):
        one = richpod(developer, "explain", "pod/treated", "-n", "shop", "-o", "json")
        whole = richpod(developer, "explain", "deployment/web", "-n", "shop")
    created, today = json.loads(one.stdout)["gates"]
    assert (one.returncode, whole.returncode, whole.stdout) == (2, 2, "")
    assert created["details"] == ["init: applied"]
    assert today["sentence"] == f"what a creation would come to now is not known: {LACKING}"
    advice = [f"an administrator allows it: {ALLOW}", "or name one: --policy FILE"]
    assert today["details"] == advice
    assert whole.stderr.splitlines() == [LACKING, *advice]


def test_with_the_role_of_those_who_explain_a_team_is_told_all(healthy: Patient, developer: Path) -> None:
    team = "system:serviceaccounts:shop"
    healthy.cluster.kubectl(*ALLOW.replace("TEAM", "shop").replace("GROUP", team).split()[1:])
    try:
        with healthy.added(asking("treated")), child_of_a_deployment(healthy, {}):
            one = richpod(developer, "explain", "pod/treated", "-n", "shop")
            whole = richpod(developer, "explain", "deployment.apps/web", "-n", "shop")
    finally:
        healthy.cluster.kubectl("-n", NAMESPACE, "delete", "rolebinding", "explain-shop")
    assert (one.returncode, one.stderr) == (0, "")
    assert "PID 1 is launch" in one.stdout
    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith("Deployment shop/web: changed\n")


# --- what cannot be explained ---


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["pod/nobody", "-n", "shop"], "there is no Pod shop/nobody"),
        (["deploymnt/web"], "write KIND/NAME; did you mean deployment?"),
        (["web"], "write KIND/NAME"),
        (["pod"], "pod: write pod/NAME"),
        (["deployment.apps/"], "deployment.apps/: write deployment.apps/NAME"),
        (["deployment.example.com/web"], "write KIND/NAME; did you mean deployment.apps?"),
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
