"""`richpod online` and `offline` where there is nothing to switch, on a real API server without nodes: what is wrong is said.

So it is by `richpod explain`, which goes on.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from webhook.cli.traffic import RULE
from webhook.inpod.contract import LAUNCH, SIDECAR_CONTAINER

from .access import Object
from .commands import richpod
from .patient import Patient, pod

pytestmark = pytest.mark.cluster


def hooked(name: str, *sidecars: str) -> Object:
    """As admission would have made it, and nobody runs it."""
    found = pod("shop", name, {"richpod.io/inject": "false"})
    found["spec"]["containers"][0]["command"] = [LAUNCH, "--state", "/.richpod-state/main", "--", "/app"]
    found["spec"]["initContainers"] = [{"name": name, "image": "app:1", "restartPolicy": "Always"} for name in sidecars]
    return found


@pytest.fixture
def waiting(healthy: Patient) -> Iterator[Object]:
    """Has a switch, and a container that waits."""
    with healthy.added(hooked("waiting", SIDECAR_CONTAINER)):
        reported(healthy, {"waiting": {"reason": "PodInitializing"}})
        yield healthy.get("pod", "-n", "shop", "waiting")


@pytest.fixture
def running(healthy: Patient, waiting: Object) -> Object:
    reported(healthy, {"running": {"startedAt": waiting["metadata"]["creationTimestamp"]}})
    return waiting


def reported(healthy: Patient, state: Object) -> None:
    status = {"name": "main", "image": "app:1", "imageID": "", "ready": False, "restartCount": 0, "state": state}
    healthy.status(healthy.get("pod", "-n", "shop", "waiting"), containerStatuses=[status])


def refused(kubeconfig: Path, *words: str) -> str:
    ran = richpod(kubeconfig, *words)
    assert (ran.returncode, ran.stdout) == (2, ""), ran.stderr
    assert "Traceback" not in ran.stderr
    return ran.stderr


def test_a_pod_that_is_not_there_is_answered_with_the_nearest(healthy: Patient, waiting: Object) -> None:
    assert refused(healthy.cluster.kubeconfig, "online", "wating", "-n", "shop") == (
        "there is no Pod shop/wating; did you mean waiting?\n"
    )


@pytest.mark.parametrize(
    ("made", "lacks"),
    [(pod("shop", "ordinary"), "it has no hooks"), (hooked("ordinary"), "nothing looks at whether it is online")],
)
def test_a_pod_without_a_switch_says_who_tells_what_gives_it_one(healthy: Patient, made: Object, lacks: str) -> None:
    with healthy.added(made):
        said = refused(healthy.cluster.kubeconfig, "offline", "pod/ordinary", "-n", "shop").splitlines()
    assert said[0] == f"Pod shop/ordinary has no switch: {lacks}"
    assert said[1] == "why it has not, and what else gives it one: richpod explain pod/ordinary -n shop"


def test_a_container_that_does_not_run_yet_has_nothing_to_switch(healthy: Patient, waiting: Object) -> None:
    said = refused(healthy.cluster.kubeconfig, "online", "waiting", "-n", "shop")
    assert said == "Pod shop/waiting: there is nothing to switch: container main does not run yet (PodInitializing)\n"


def test_a_container_that_has_ended_has_nothing_to_switch(healthy: Patient, waiting: Object) -> None:
    reported(healthy, {"terminated": {"reason": "Error", "exitCode": 3}})
    said = refused(healthy.cluster.kubeconfig, "online", "waiting", "-n", "shop")
    assert said == "Pod shop/waiting: there is nothing to switch: container main has ended (Error, exit code 3)\n"


def test_what_the_api_server_cannot_reach_is_said_in_its_words(healthy: Patient, running: Object) -> None:
    said = refused(healthy.cluster.kubeconfig, "offline", "waiting", "-n", "shop")
    assert said == "Pod shop/waiting: pod waiting does not have a host assigned\n"


ALLOWED = f"an administrator allows it by a Role in shop with the rule {RULE}, and a RoleBinding to it"


def account(healthy: Patient, folder: Path, name: str) -> Path:
    """The kubeconfig of a new ServiceAccount of the namespace shop."""
    held = yaml.safe_load(healthy.cluster.kubeconfig.read_text())
    held["users"][0]["user"] = {"token": healthy.cluster.kubectl("-n", "shop", "create", "token", name)}
    (folder / "kubeconfig").write_text(json.dumps(held))
    return folder / "kubeconfig"


@pytest.fixture
def viewer(healthy: Patient, tmp_path: Path) -> Iterator[Path]:
    """The kubeconfig of somebody who may see what is in the namespace shop, and execute nothing there."""
    metadata = {"name": "viewer", "namespace": "shop"}
    subjects = [{"kind": "ServiceAccount", **metadata}]
    # What `view` is made of: no controller gathers it here.
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "system:aggregate-to-view"}
    binding = {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": metadata}
    with healthy.added(
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}, {**binding, "roleRef": role, "subjects": subjects}
    ):
        yield account(healthy, tmp_path, "viewer")


def allowed(*verbs: str) -> list[Object]:
    """The viewer may do this with pods/exec, too."""
    metadata = {"name": "switcher", "namespace": "shop"}
    kind = {"apiVersion": "rbac.authorization.k8s.io/v1", "metadata": metadata}
    subjects = [{"kind": "ServiceAccount", "name": "viewer", "namespace": "shop"}]
    reference = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "switcher"}
    rule = {**yaml.safe_load(RULE), "verbs": [*verbs]}
    return [
        {**kind, "kind": "Role", "rules": [rule]},
        {**kind, "kind": "RoleBinding", "roleRef": reference, "subjects": subjects},
    ]


def test_whoever_may_not_execute_is_told_the_right_that_is_lacking(healthy: Patient, running: Object, viewer: Path) -> None:
    """Of somebody who has `get` alone the API server does not say what else it wants."""
    lacking, rule = refused(viewer, "offline", "waiting", "-n", "shop").splitlines()
    assert lacking == (
        'Pod shop/waiting: pods "waiting" is forbidden: User "system:serviceaccount:shop:viewer" cannot get resource '
        '"pods/exec" in API group "" in the namespace "shop"'
    )
    assert rule == ALLOWED
    with healthy.added(*allowed("get")):
        lacking, rule = refused(viewer, "offline", "waiting", "-n", "shop").splitlines()
    assert lacking.startswith('Pod shop/waiting: pods "waiting" is forbidden')
    assert rule == ALLOWED


def test_the_rule_that_is_told_is_enough(healthy: Patient, running: Object, viewer: Path) -> None:
    with healthy.added(*allowed(*yaml.safe_load(RULE)["verbs"])):
        assert "does not have a host assigned" in refused(viewer, "offline", "waiting", "-n", "shop")


def test_whoever_may_not_list_pods_hears_of_no_other(healthy: Patient, waiting: Object, viewer: Path) -> None:
    """Names of pods are given to whom the API server gives them."""
    assert "is forbidden" in refused(viewer, "online", "wating", "-n", "payments")


# --- explain ---


def explained(kubeconfig: Path, name: str = "waiting") -> dict[str, Object]:
    ran = richpod(kubeconfig, "explain", f"pod/{name}", "-n", "shop", "-o", "json")
    return {gate["name"]: gate for gate in json.loads(ran.stdout)["gates"]}


def test_a_pod_without_a_switch_has_no_line_for_it(healthy: Patient) -> None:
    with healthy.added(hooked("ordinary")):
        assert "switch" not in explained(healthy.cluster.kubeconfig, "ordinary")


def test_a_container_that_does_not_run_is_offline(healthy: Patient, waiting: Object) -> None:
    found = explained(healthy.cluster.kubeconfig)
    assert list(found)[:3] == ["created", "switch", "namespace"]
    assert (found["switch"]["result"], found["switch"]["fix"]) == ("offline", [])
    assert found["switch"]["sentence"] == "container main does not run yet (PodInitializing)"


def test_what_cannot_be_asked_is_not_known(healthy: Patient, running: Object) -> None:
    found = explained(healthy.cluster.kubeconfig)
    assert found["switch"] == {
        "name": "switch",
        "result": "not known",
        "sentence": "pod waiting does not have a host assigned",
        "fix": [],
        "details": [],
    }
    assert "entry" in found


def test_whoever_may_only_look_is_told_the_rest(healthy: Patient, running: Object, viewer: Path) -> None:
    """Who may not read the policy either, is told both."""
    found = explained(viewer)
    assert list(found) == ["created", "switch", "today"]
    assert found["switch"]["result"] == "not known"
    assert 'cannot get resource "pods/exec"' in found["switch"]["sentence"]
    assert found["switch"]["details"] == [ALLOWED]
