"""`richpod grants` on a real API server: what is there, what is not, and who may look."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.cli.manifests.conftest import GRANTING
from tests.gateway.granted import grant
from tests.gateway.grants.test_stored import ACTIVE, NOW
from webhook.cli.grants_read import ALLOW
from webhook.cluster import Cluster as Client
from webhook.gateway.grants import stored
from webhook.inpod.contract import APPLICATION_OPTION, AUTHORIZER_CONTAINER, GRANT_OPTION
from webhook.installation import NAMESPACE

from .access import Cluster, Object
from .commands import richpod
from .installation import Installation

pytestmark = pytest.mark.cluster
COMMAND = ["/opt/richpod/bin/python3", APPLICATION_OPTION, "shop/web", GRANT_OPTION, "orders"]


@pytest.fixture(scope="module")
def bare(alone: Cluster) -> Cluster:
    """With two namespaces, and nothing of richpod's."""
    for name in ("shop", "empty"):
        alone.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        alone.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": name}})
    return alone


def test_without_a_gateway_it_says_what_brings_one(bare: Cluster) -> None:
    for words in ((), ("-A",), ("--explain", "web-1")):
        ran = richpod(bare.kubeconfig, "grants", *words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "the cluster has no CustomResourceDefinition grants.richpod.io" in ran.stderr
        assert "35-gateway.yaml" in ran.stderr


@pytest.fixture(scope="module")
def installed(bare: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Cluster:
    installation = Installation(bare, tmp_path_factory.mktemp("installation"))
    installation.render(GRANTING)
    installation.apply()
    bare.kubectl("wait", "--for=condition=Established", "crd/grants.richpod.io", "--timeout=30s")
    return bare


@pytest.fixture(scope="module")
def ledger(installed: Cluster) -> Iterator[Object]:
    """A Grant of the pod shop/web-1, which is there, and one of a pod of its name before. Yields the pod."""
    spec = {
        "schedulerName": "none",
        "initContainers": [{"name": AUTHORIZER_CONTAINER, "image": "richpod:1", "command": COMMAND}],
        "containers": [{"name": "main", "image": "app:1"}],
    }
    pod: Object = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web-1", "namespace": "shop"}, "spec": spec}
    (made,) = installed.apply(pod)
    owner = grant().owner._replace(uid=made["metadata"]["uid"], application="shop/web")
    before = owner._replace(uid="before")
    revoking = ACTIVE._replace(state="revoking", reason="it answered 500")

    api = Client(installed.api)
    for held in (grant(owner=owner, entries=(ACTIVE,)), grant(owner=before, entries=(revoking,), ended="the pod is gone")):
        version = api.create(stored.PATH, stored.new(held)).object["metadata"]["resourceVersion"]
        api.replace(f"{stored.PATH}/{held.owner.uid}/status", stored.whole(held._replace(version=version), NOW))
    yield made
    installed.kubectl("-n", NAMESPACE, "delete", "grants", "--all")


def test_where_there_is_none_it_says_so(installed: Cluster, ledger: Object) -> None:
    ran = richpod(installed.kubeconfig, "grants", "-n", "empty")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "there is no Grant of a pod in namespace empty\n")


def test_a_namespace_sees_its_own_and_all_can_be_seen(installed: Cluster, ledger: Object) -> None:
    shop, every = (richpod(installed.kubeconfig, "grants", *words).stdout for words in (("-n", "shop"), ("-A",)))
    assert shop == every
    _, *rows = shop.splitlines()
    active, revoking = sorted(rows, key=lambda row: row.split()[5])
    assert "Active" in active
    assert "Revoking" in revoking
    assert revoking.endswith("the pod is gone; it answered 500")
    lines = richpod(installed.kubeconfig, "grants", "-A", "-o", "json").stdout.splitlines()
    assert {json.loads(line)["phase"] for line in lines} == {"Active", "Revoking"}


def test_what_somebody_spoilt_is_named_and_hides_nothing(installed: Cluster, ledger: Object) -> None:
    which = ("-n", NAMESPACE, "patch", "grant", "before", "--subresource=status", "--type=json", "-p")
    states = [[{"op": "replace", "path": "/status/entries/0/state", "value": value}] for value in ("nonsense", "revoking")]
    installed.kubectl(*which, json.dumps(states[0]))
    try:
        ran = richpod(installed.kubeconfig, "grants", "-A")
    finally:
        installed.kubectl(*which, json.dumps(states[1]))
    assert len(ran.stdout.splitlines()) == 2
    assert ran.stderr.startswith("Grant before is not as richpod writes it: ")


def gates(cluster: Cluster, *words: str) -> list[Object]:
    ran = richpod(cluster.kubeconfig, "grants", "--explain", *words, "-o", "json")
    assert ran.returncode == 0, ran.stderr
    said = json.loads(ran.stdout)
    assert said["object"]["name"] == "web-1"
    return list(said["gates"])


def test_a_pod_is_told_of_from_what_it_asks_to_what_is_held(installed: Cluster, ledger: Object) -> None:
    found = gates(installed, "pod/web-1", "-n", "shop")
    assert [(gate["name"], gate["result"]) for gate in found] == [
        ("pod", "Pending"),
        ("asks", "orders"),
        ("policy", "permits"),
        ("authorizer", "waits"),
        ("grant", "Active"),
        ("orders", "active"),
        ("limit", "open"),
        ("earlier", "Revoking"),
        ("orders", "revoking"),
    ]
    assert found[5]["details"][0].endswith(": granted")


def test_another_policy_decides_otherwise(installed: Cluster, ledger: Object, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text("grants: {common: {ports: [53]}}")
    found = {gate["name"]: gate for gate in gates(installed, "web-1", "-n", "shop", "--policy", str(tmp_path / "policy.yaml"))}
    assert found["policy"]["result"] == "refused"


def test_a_pod_that_nobody_knows_is_an_error_with_the_nearest(installed: Cluster, ledger: Object) -> None:
    ran = richpod(installed.kubeconfig, "grants", "--explain", "web-2", "-n", "shop")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "there is no Pod shop/web-2, and no Grant of one; did you mean web-1?\n"


def test_a_pod_that_is_gone_still_has_its_grants(installed: Cluster, ledger: Object) -> None:
    installed.kubectl("-n", "shop", "delete", "pod", "web-1", "--grace-period=0", "--force")
    found = gates(installed, "web-1", "-n", "shop")
    assert {gate["result"] for gate in found if gate["name"] in ("pod", "earlier")} == {"gone", "Active", "Revoking"}


# --- who may look ---


@pytest.fixture
def member(installed: Cluster, tmp_path: Path) -> Path:
    """The kubeconfig of a member of the namespace shop: a ServiceAccount that may look at pods there."""
    installed.kubectl("-n", "shop", "create", "role", "look", "--verb=get,list", "--resource=pods")
    installed.kubectl("-n", "shop", "create", "rolebinding", "look", "--role=look", "--serviceaccount=shop:default")
    held = yaml.safe_load(installed.kubeconfig.read_text())
    held["users"][0]["user"] = {"token": installed.kubectl("-n", "shop", "create", "token", "default").strip()}
    (tmp_path / "kubeconfig").write_text(json.dumps(held))
    return tmp_path / "kubeconfig"


def test_who_may_not_read_grants_is_told_the_line_that_gives_the_right(installed: Cluster, ledger: Object, member: Path) -> None:
    for words in (("-n", "shop"), ("-n", "shop", "--explain", "web-1")):
        ran = richpod(member, "grants", *words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert 'cannot list resource "grants"' in ran.stderr
        assert f"an administrator allows it: {ALLOW}\n" in ran.stderr
    group = "system:serviceaccounts:shop"
    installed.kubectl(*ALLOW.replace("TEAM", "shop").replace("GROUP", group).split()[1:])
    assert richpod(member, "grants", "-n", "shop").returncode == 0
    told = {gate["name"]: gate for gate in gates_of(member)}
    assert told["policy"]["result"] == "not known"
    assert any("create rolebinding explain-TEAM" in line for line in told["policy"]["details"])


def gates_of(kubeconfig: Path) -> list[Object]:
    ran = richpod(kubeconfig, "grants", "--explain", "web-1", "-n", "shop", "-o", "json")
    assert ran.returncode == 0, ran.stderr
    return list(json.loads(ran.stdout)["gates"])
