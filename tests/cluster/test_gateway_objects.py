"""What a real API server makes of the gateway's manifests: what the leader wrote stays, and its account may do what it must."""

import json
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import kubernetes
import pytest
import yaml

from tests.cli.manifests.conftest import GRANTING
from webhook.cluster import Cluster as Client
from webhook.errors import ApiError
from webhook.gateway.grants import stored
from webhook.gateway.pods import identity
from webhook.gateway.replicas import election
from webhook.gateway.replicas.live import LEASE, REVIEWS
from webhook.installation import GATEWAY, GATEWAY_SLICES, GRANTS_ROLE, NAMESPACE, WEBHOOK

from .access import Cluster, Object
from .installation import Installation

pytestmark = pytest.mark.cluster
SLICE = f"/apis/discovery.k8s.io/v1/namespaces/{NAMESPACE}/endpointslices"
LEADER = [{"addresses": ["10.0.0.7"], "conditions": {"ready": True}}]


@pytest.fixture(scope="module")
def applied(alone: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    installation = Installation(alone, tmp_path_factory.mktemp("installation"))
    installation.render(GRANTING)
    installation.apply()
    alone.kubectl("wait", "--for=condition=Established", "crd/grants.richpod.io", "--timeout=30s")
    return installation


def acting(cluster: Cluster, folder: Path) -> Client:
    """The client that a replica has: of the gateway's ServiceAccount."""
    held = yaml.safe_load(cluster.kubeconfig.read_text())
    held["users"][0]["user"] = {"token": cluster.kubectl("-n", NAMESPACE, "create", "token", GATEWAY).strip()}
    (folder / "kubeconfig").write_text(json.dumps(held))
    return Client(kubernetes.config.new_client_from_config(str(folder / "kubeconfig")))  # type: ignore[no-untyped-call]


@pytest.fixture
def gateway(applied: Installation, tmp_path: Path) -> Client:
    return acting(applied.cluster, tmp_path)


@pytest.fixture
def led(applied: Installation, gateway: Client) -> Iterator[list[Object]]:
    """What the leader wrote: the slices, each with its address, and the Lease."""
    written = []
    for name in GATEWAY_SLICES:
        found = gateway.get(f"{SLICE}/{name}")
        assert found is not None
        endpoints = [{**LEADER[0], "addresses": ["fd00::7"]}] if name.endswith("ipv6") else LEADER
        written.append(gateway.replace(f"{SLICE}/{name}", {**found, "endpoints": endpoints}))
    lease = {"metadata": {"name": GATEWAY, "namespace": NAMESPACE}, "spec": {"holderIdentity": "a"}}
    written.append(gateway.create(election.PATH, lease).object)
    yield written
    applied.kubectl("delete", "lease", GATEWAY)


def now(gateway: Client) -> list[Any]:
    return [*(gateway.get(f"{SLICE}/{name}") for name in GATEWAY_SLICES), gateway.get(LEASE)]


def test_a_second_apply_finds_nothing_to_change_and_leaves_what_the_leader_wrote(
    applied: Installation, gateway: Client, led: list[Object]
) -> None:
    said = applied.apply()
    assert {line.split()[-1] for line in said if "poddisruptionbudget" not in line} == {"unchanged"}
    assert applied.cluster.kubectl("diff", "-k", applied.folder) == ""
    assert now(gateway) == led


def test_nor_does_the_other_way_to_apply_or_another_policy_take_it_away(
    applied: Installation, gateway: Client, led: list[Object]
) -> None:
    def endpoints() -> list[Any]:
        return [each.get("endpoints") for each in now(gateway)]

    wanted = endpoints()
    assert wanted[:2] == [each["endpoints"] for each in led[:2]]
    applied.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", applied.folder)
    assert endpoints() == wanted
    applied.render(f"{GRANTING}\nkubernetes: '1.36'")
    applied.cluster.kubectl("apply", "--server-side", "-k", applied.folder)
    applied.apply()
    assert endpoints() == wanted
    assert gateway.get(LEASE) == led[2]


def test_a_slice_without_endpoints_comes_to_be_on_the_servers_side_too(applied: Installation) -> None:
    for name in GATEWAY_SLICES:
        applied.kubectl("delete", "endpointslice", name)
    applied.cluster.kubectl("apply", "--server-side", "--force-conflicts", "-k", applied.folder)
    assert set(applied.kubectl("get", "endpointslices", "-o", "name").split()) == {
        f"endpointslice.discovery.k8s.io/{name}" for name in GATEWAY_SLICES
    }


# --- rights ---

POD = "/api/v1/namespaces/default/pods"
GRANT = {"apiVersion": "richpod.io/v1alpha1", "kind": "Grant", "metadata": {"name": "5f0c", "namespace": NAMESPACE}}


SPEC = {
    "pod": {"namespace": "shop", "name": "web", "uid": "5f0c"},
    "serviceAccount": "web",
    "application": "shop",
    "addresses": ["10.0.0.7"],
}


def test_r77_the_gateway_may_do_what_it_does(gateway: Client) -> None:
    assert gateway.get(f"{POD}/nobody") is None
    assert [*gateway.items("/api/v1/pods")] == []
    assert [*gateway.watch("/api/v1/pods", 1)] == []
    assert gateway.create(REVIEWS, identity.review("nonsense")).object["status"].get("error")
    made = gateway.create(stored.PATH, {**GRANT, "spec": SPEC}).object
    status = {"phase": "Ended", "ended": "", "kinds": "", "attempts": 0, "entries": [], "conditions": []}
    written = gateway.replace(f"{stored.PATH}/5f0c/status", {**made, "status": status})
    assert [grant["status"]["phase"] for grant in gateway.items(stored.PATH)] == ["Ended"]
    assert [*gateway.watch(stored.PATH, 1)]
    gateway.delete(f"{stored.PATH}/5f0c", written["metadata"]["resourceVersion"])


@pytest.mark.parametrize(
    "path",
    [
        f"/api/v1/namespaces/{NAMESPACE}/secrets",
        "/api/v1/namespaces/shop/serviceaccounts",
        f"{SLICE}/richpod-webhook",
        f"{election.PATH}/other",
        "/api/v1/nodes",
        "/apis/richpod.io/v1alpha1/namespaces/shop/grants",
    ],
)
def test_r77_and_reads_nothing_else(gateway: Client, path: str) -> None:
    with pytest.raises(ApiError) as refused:
        gateway.get(path)
    assert refused.value.status == 403


def test_r77_and_makes_no_pod_no_slice_and_no_other_lease_its_own(gateway: Client, applied: Installation) -> None:
    for path in (POD, SLICE, f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{GATEWAY}/token"):
        with pytest.raises(ApiError) as refused:
            gateway.create(path, {})
        assert refused.value.status == 403
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": {"name": "x", "namespace": NAMESPACE}}
    applied.cluster.apply(lease)
    with pytest.raises(ApiError) as refused:
        gateway.replace(f"{election.PATH}/x", {"metadata": {"name": "x"}})
    assert refused.value.status == 403


def test_nobody_is_let_read_grants_by_being_there(applied: Installation) -> None:
    bindings = json.loads(applied.kubectl("get", "rolebindings", "-o", "json"))["items"]
    assert GRANTS_ROLE not in {binding["roleRef"]["name"] for binding in bindings}


# --- taking it out, as docs/gateway.md says ---

PAGE = (Path(__file__).parents[2] / "docs/gateway.md").read_text().split("## Taking it out")[1]
CLOSE, _wait, SAVE, *REMOVE, OPEN = (line for line in PAGE.splitlines() if line.startswith("kubectl "))
WAIT = _wait.replace("30m", "60s")


def run(cluster: Cluster, line: str) -> str:
    return cluster.kubectl(*shlex.split(line)[1:])


def test_closing_and_opening_are_seen_by_whoever_leads(applied: Installation, gateway: Client, led: list[Object]) -> None:
    for line, closes in ((CLOSE, True), (CLOSE, True), (OPEN.partition(" && ")[0], False)):
        run(applied.cluster, line)
        found = gateway.get(LEASE)
        assert found is not None
        assert ((found["metadata"].get("annotations") or {}).get(election.CLOSE) == "true") is closes
    run(applied.cluster, OPEN.partition(" && ")[2])


def test_the_wait_ends_once_no_grant_is_left(applied: Installation) -> None:
    run(applied.cluster, WAIT)
    applied.cluster.apply({**GRANT, "spec": SPEC})
    assert json.loads(run(applied.cluster, SAVE.partition(" > ")[0]))["items"][0]["metadata"]["name"] == "5f0c"
    waiting = subprocess.Popen(
        [applied.cluster.kubectl_program, f"--kubeconfig={applied.cluster.kubeconfig}", *shlex.split(WAIT)[1:]]
    )
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.wait(2)
    applied.kubectl("delete", "grant", "5f0c")
    assert waiting.wait(60) == 0


def test_what_is_no_longer_rendered_is_taken_out_and_nothing_else(applied: Installation) -> None:
    wanted = [one for one in yaml.safe_load_all((applied.folder / "35-gateway.yaml").read_text()) if one]
    assert there(applied.cluster) >= {(one["kind"], one["metadata"]["name"]) for one in wanted}
    applied.render("{}")
    applied.apply()
    for line in REMOVE:
        run(applied.cluster, line)
    assert not [name for kind, name in there(applied.cluster) if "gateway" in name or "grants" in name]
    assert ("Deployment", WEBHOOK) in there(applied.cluster)
    for line in REMOVE:
        run(applied.cluster, line)


KINDS = (
    "customresourcedefinitions,serviceaccounts,clusterroles,clusterrolebindings,roles,rolebindings,services,endpointslices,"
    "leases,deployments,poddisruptionbudgets,networkpolicies"
)


def there(cluster: Cluster) -> set[tuple[str, str]]:
    found = json.loads(cluster.kubectl("-n", NAMESPACE, "get", KINDS, "-o", "json"))["items"]
    return {(one["kind"], one["metadata"]["name"]) for one in found}
