"""`richpod check` on a real API server: nothing red in a healthy cluster, and each line red for a fault of its own."""

import base64
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from certs.authority import new_authority, new_leaf
from tests.gateway.granted import grant
from tests.gateway.grants.test_stored import ACTIVE
from webhook.cli.check import CHECKS
from webhook.cli.check.gateway import CLOSE, OPEN
from webhook.gateway.grants import stored
from webhook.gateway.grants.grant import Grant
from webhook.installation import (
    CERTS,
    CONFIGURATION,
    GATEWAY,
    GATEWAY_SLICES,
    LXCFS_NAMESPACE,
    NAMESPACE,
    PULL_SECRETS_ROLE,
    SERVER_NAMES,
    SERVING_SECRET,
    WEBHOOK,
)

from .commands import check, richpod
from .patient import PARSED, POLICY, Patient, credentials
from .processes import until

pytestmark = pytest.mark.cluster
Fault = Callable[[Patient], AbstractContextManager[None]]


def test_a_healthy_cluster_has_no_red_line(healthy: Patient) -> None:
    code, lines = check(healthy.cluster)
    assert {name: line["findings"] for name, line in lines.items() if line["result"] != "ok"} == {}
    assert code == 0
    assert list(lines) == [check.id for check in CHECKS]


# --- faults ---

CONFIGURED = ("mutatingwebhookconfiguration", CONFIGURATION)
CREDENTIALS = ("secret", "-n", NAMESPACE, "registries")
DEPLOYED = ("deployment", "-n", NAMESPACE, WEBHOOK)


def replaced(path: str, value: object) -> list[dict[str, object]]:
    return [{"op": "replace", "path": path, "value": value}]


def entry(healthy: Patient, name: str) -> str:
    """Where it stands in the configuration, as a JSON pointer."""
    webhooks = healthy.get(*CONFIGURED)["webhooks"]
    return f"/webhooks/{[webhook['name'] for webhook in webhooks].index(name)}"


def edited_entry(field: str, value: object) -> Fault:
    """Of the one that sees the namespace shop."""

    def fault(healthy: Patient) -> AbstractContextManager[None]:
        at = entry(healthy, "baseline.default.inject.richpod.io")
        return healthy.edited(*CONFIGURED, patch=[{"op": "add", "path": f"{at}/{field}", "value": value}])

    return fault


def without(*what: str) -> Fault:
    return lambda healthy: healthy.without(*what)


def edited(*what: str, path: str, value: object, subresource: str = "") -> Fault:
    return lambda healthy: healthy.edited(*what, patch=replaced(path, value), subresource=subresource)


def labelled(**labels: str) -> Fault:
    """The namespace shop has these labels and no others."""
    return edited(
        "namespace", "shop", path="/metadata/labels", value={f"richpod.io/{key}": value for key, value in labels.items()}
    )


def of_another_authority(healthy: Patient) -> AbstractContextManager[None]:
    now = datetime.now(UTC)
    leaf = new_leaf(new_authority("somebody", now, timedelta(days=1)), SERVER_NAMES, now, timedelta(days=1))
    data = {"tls.crt": base64.b64encode(leaf.certificate).decode(), "tls.key": base64.b64encode(leaf.key).decode()}
    return healthy.edited("secret", "-n", NAMESPACE, SERVING_SECRET, patch=replaced("/data", data))


def powerful(healthy: Patient) -> AbstractContextManager[None]:
    return healthy.added(
        {
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": "too-much"},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "cluster-admin"},
            "subjects": [{"kind": "ServiceAccount", "name": WEBHOOK, "namespace": NAMESPACE}],
        }
    )


@contextmanager
def of_another_type(healthy: Patient) -> Iterator[None]:
    with healthy.without(*CREDENTIALS), healthy.added(credentials({}, "Opaque")):
        yield


def pulling_elsewhere(healthy: Patient) -> AbstractContextManager[None]:
    left = healthy.get("rolebinding", "-n", "shop", PULL_SECRETS_ROLE)
    metadata = {"name": PULL_SECRETS_ROLE, "namespace": "payments"}
    return healthy.added({**left, "metadata": metadata})


def other_policy(healthy: Patient) -> AbstractContextManager[None]:
    replica = healthy.get("pod", "-n", NAMESPACE, "replica-1")
    (volume,) = [volume for volume in replica["spec"]["volumes"] if volume["name"] == "policy"]
    volume["configMap"]["name"] = "richpod-policy-000000000000"
    fresh = {"metadata": {**{key: replica["metadata"][key] for key in ("namespace", "labels")}, "name": "replica-3"}}
    return healthy.added({"apiVersion": "v1", "kind": "Pod", **fresh, "spec": replica["spec"]})


GUARDED = ("deployment", "-n", NAMESPACE, GATEWAY)
LEASED = ("lease", "-n", NAMESPACE, GATEWAY)


@contextmanager
def closed(healthy: Patient) -> Iterator[None]:
    """As docs/gateway.md says."""
    healthy.cluster.kubectl(*CLOSE.split()[1:])
    yield
    healthy.cluster.kubectl(*OPEN.partition(" && ")[0].split()[1:])


REVOKING = grant(ended="the pod is gone", entries=(ACTIVE._replace(state="revoking", reason="it answered 500"),))


@contextmanager
def in_the_ledger(healthy: Patient, held: Grant) -> Iterator[None]:
    with healthy.added(stored.new(held)):
        written(healthy, held)
        yield


def written(healthy: Patient, held: Grant) -> None:
    """As the gateway writes it."""
    version = healthy.get("grant", "-n", NAMESPACE, held.owner.uid)["metadata"]["resourceVersion"]
    status = json.dumps(stored.whole(held._replace(version=version), 0))
    healthy.cluster.kubectl("replace", "--subresource=status", "-f", "-", input=status)


@contextmanager
def spoilt(healthy: Patient) -> Iterator[None]:
    which = ("grant", "-n", NAMESPACE, REVOKING.owner.uid)
    patch = replaced("/status/entries/0/state", "nonsense")
    with in_the_ledger(healthy, REVOKING), healthy.edited(*which, patch=patch, subresource="status"):
        yield


CONDITIONS = [{"type": "Ready", "status": "False"}]
FAULTS: dict[str, tuple[str, Fault, str]] = {
    "configuration deleted": ("configuration", without(*CONFIGURED), "there is no MutatingWebhookConfiguration richpod"),
    "entry weakened": ("configuration", edited_entry("failurePolicy", "Fail"), "has failurePolicy Fail, not Ignore"),
    "other image": (
        "version",
        edited(*DEPLOYED, path="/spec/template/spec/containers/0/image", value="ghcr.io/richpod/richpod:0.0.1"),
        "Deployment richpod-webhook runs ghcr.io/richpod/richpod:0.0.1",
    ),
    "old replica": ("policy", other_policy, "replica replica-3 runs richpod-policy-000000000000"),
    "one replica": (
        "replicas",
        edited(*DEPLOYED, path="/status/availableReplicas", value=1, subresource="status"),
        "1 of 2 replicas of the webhook are available",
    ),
    "no controller": ("rotation", without("deployment", "-n", NAMESPACE, CERTS), "nobody replaces certificates"),
    "bundle overwritten": ("bundle", edited_entry("clientConfig/caBundle", "Z2FyYmFnZQ=="), "no certificate that can be read"),
    "other certificate": ("certificate", of_another_authority, "does not trust it"),
    "no certificate": ("certificate", without("secret", "-n", NAMESPACE, SERVING_SECRET), "there is no Secret richpod-system/"),
    "rights taken": (
        "rights-certs",
        without("clusterrolebinding", CERTS),
        "may not patch mutatingwebhookconfigurations/richpod",
    ),
    "rights given": ("rights-webhook", powerful, "may * *, and must not"),
    "no credentials": ("credentials", without(*CREDENTIALS), "there is no Secret richpod-system/registries"),
    "other type of credentials": ("credentials", of_another_type, "is of type Opaque, not kubernetes.io/dockerconfigjson"),
    "credentials of a helper": (
        "credentials",
        edited(*CREDENTIALS, path="/data", value=credentials({"registry.example.com": {}})["data"]),
        "has no name and password that can be read for registry.example.com",
    ),
    "no right to pull": (
        "pull-secrets",
        without("rolebinding", "-n", "shop", PULL_SECRETS_ROLE),
        "richpod-webhook may not get secrets in shop",
    ),
    "right to pull left": (
        "pull-secrets",
        pulling_elsewhere,
        "may still get Secrets in payments: an earlier policy has left a RoleBinding",
    ),
    "gateway scaled away": (
        "gateway",
        edited(*GUARDED, path="/spec/replicas", value=0),
        "the gateway is scaled to 0: nobody answers",
    ),
    "no secret of an upstream": (
        "gateway",
        without("secret", "-n", NAMESPACE, "acl-token"),
        "there is no Secret richpod-system/acl-token, which acl needs",
    ),
    "no leader": (
        "gateway-leader",
        edited(*LEASED, path="/spec/holderIdentity", value=""),
        "no replica of the gateway leads",
    ),
    "gateway closed": ("gateway-leader", closed, "the gateway was closed"),
    "leader gone": (
        "gateway-leader",
        edited("pod", "-n", NAMESPACE, "gateway-1", path="/status/conditions", value=CONDITIONS, subresource="status"),
        "pods are sent to gateway-1, which is no replica that is ready",
    ),
    "slice deleted": (
        "gateway-leader",
        without("endpointslice", "-n", NAMESPACE, next(iter(GATEWAY_SLICES))),
        "there is no EndpointSlice richpod-gateway-ipv4",
    ),
    "grant spoilt": ("grants", spoilt, "Grant 5f0c is not as richpod writes it"),
    # A port that the Service has not: an open connection would be used on.
    "nobody there": ("reachability", edited_entry("clientConfig/service/port", 444), "it was not reached"),
    "unknown profile": ("labels", labelled(profile="defualt"), "there is no profile defualt; did you mean default?"),
    "misspelt label": ("labels", labelled(inject="yes"), 'richpod.io/inject is "yes"'),
    "nobody sees it": (
        "selectors",
        edited_entry("namespaceSelector/matchLabels", {"team": "nobody"}),
        "namespace shop opted in, and no entry sees it",
    ),
    "seen twice": (
        "selectors",
        edited_entry("namespaceSelector", {}),
        "namespace payments is seen by more than one entry",
    ),
    "no lxcfs": (
        "lxcfs",
        edited("pod", "-n", LXCFS_NAMESPACE, "agent", path="/status/conditions", value=CONDITIONS, subresource="status"),
        "1 of 1 node without lxcfs",
    ),
    "no runtime class": ("runtime-classes", without("runtimeclass", "gvisor"), "there is no RuntimeClass gvisor"),
    "toolkit not pulled": (
        "toolkit",
        lambda healthy: healthy.unpulled("waiting"),
        f"1 pod waits for {PARSED.image.toolkit}, which cannot be pulled: shop/waiting; the kubelet says: failed to pull",
    ),
    "required by nobody": (
        "required",
        without("validatingadmissionpolicy", "required.isolated.richpod.io"),
        "ValidatingAdmissionPolicy required.isolated.richpod.io is missing",
    ),
}
"""Name to the line that must be red, what is planted, and a part of what it says."""


@pytest.mark.parametrize("name", FAULTS)
def test_every_line_is_red_for_a_fault_of_its_own(healthy: Patient, name: str) -> None:
    line, fault, said = FAULTS[name]
    with fault(healthy):
        code, lines = check(healthy.cluster)
    assert code == 1
    assert lines[line]["result"] == "problem"
    assert any(said in finding["sentence"] and finding["fix"] for finding in lines[line]["findings"]), lines[line]


def test_what_an_upstream_does_not_give_back_is_named_and_each_try_is_no_news(healthy: Patient) -> None:
    """How long it waits is told by when its Grant was last another one."""

    def since() -> str:
        fields = healthy.get("grant", "-n", NAMESPACE, REVOKING.owner.uid, "--show-managed-fields")["metadata"]["managedFields"]
        return next(str(each["time"]) for each in fields if each.get("subresource") == "status")

    with in_the_ledger(healthy, REVOKING):
        first = since()
        until("another second", lambda: datetime.now(UTC) > datetime.fromisoformat(first) + timedelta(seconds=1))
        written(healthy, REVOKING)
        assert since() == first
        code, lines = check(healthy.cluster)
    assert (code, lines["grants"]["result"]) == (0, "warning")
    assert lines["grants"]["findings"][0]["sentence"] == "1 entry waits to be revoked: acl: it answered 500: shop/web-1"


def test_the_binding_that_gives_the_webhook_rights_is_named(healthy: Patient) -> None:
    with powerful(healthy):
        findings = check(healthy.cluster)[1]["rights-webhook"]["findings"]
    assert {finding["fix"] for finding in findings} == {"kubectl delete clusterrolebinding/too-much"}


@pytest.mark.parametrize(
    ("line", "setting", "said"),
    [
        ("kubernetes", {"kubernetes": "1.99"}, "the policy speaks of 1.99 and newer"),
        ("pod-security", {"podSecurityDefault": "privileged"}, "enforce baseline (tried in default), the policy says privileged"),
        ("policy", {"excludedNamespaces": ["infra"]}, "the cluster runs policy"),
        (
            "pull-secrets",
            {"images": {"registries": {"docker.io": {}}, "pullSecretsFrom": ["nowhere"]}},
            "images.pullSecretsFrom names nowhere, which is no namespace",
        ),
    ],
)
def test_a_policy_that_does_not_fit_the_cluster_is_red(
    healthy: Patient, tmp_path: Path, line: str, setting: dict[str, object], said: str
) -> None:
    (tmp_path / "policy.yaml").write_text(json.dumps({**yaml.safe_load(POLICY), **setting}))
    code, lines = check(healthy.cluster, "--policy", str(tmp_path / "policy.yaml"))
    assert code == 1
    assert lines[line]["result"] == "problem"
    assert any(said in finding["sentence"] and finding["fix"] for finding in lines[line]["findings"]), lines[line]


def test_the_right_pod_security_default_is_written_out(healthy: Patient, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(json.dumps({**yaml.safe_load(POLICY), "podSecurityDefault": "restricted"}))
    (finding,) = check(healthy.cluster, "--policy", str(tmp_path / "policy.yaml"))[1]["pod-security"]["findings"]
    assert finding["fix"] == "podSecurityDefault: baseline"


# --- who looks, and how it is told ---


@pytest.fixture
def powerless(healthy: Patient, tmp_path: Path) -> Path:
    """The kubeconfig of somebody who may do nothing: the webhook itself."""
    held = yaml.safe_load(healthy.cluster.kubeconfig.read_text())
    token = healthy.cluster.kubectl("-n", NAMESPACE, "create", "token", WEBHOOK)
    held["users"][0]["user"] = {"token": token}
    (tmp_path / "kubeconfig").write_text(json.dumps(held))
    return tmp_path / "kubeconfig"


def test_without_rights_every_line_says_so(healthy: Patient, powerless: Path, tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(POLICY)
    ran = richpod(powerless, "check", "-o", "json", "--policy", str(tmp_path / "policy.yaml"))
    lines = {line["id"]: line for line in map(json.loads, ran.stdout.splitlines())}
    assert ran.returncode == 2
    assert list(lines) == [check.id for check in CHECKS]
    assert lines.pop("kubernetes")["result"] == "ok"
    for line in lines.values():
        (finding,) = line["findings"]
        assert finding["result"] == "unknown"
        assert f'User "system:serviceaccount:{NAMESPACE}:{WEBHOOK}" cannot ' in finding["sentence"]


def test_without_rights_there_is_no_policy_to_check_against(healthy: Patient, powerless: Path) -> None:
    ran = richpod(powerless, "check")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no policy to check against: " in ran.stderr
    assert "--policy FILE" in ran.stderr


def test_where_nothing_is_installed_it_says_how_to(healthy: Patient) -> None:
    with healthy.without(*DEPLOYED):
        ran = richpod(healthy.cluster.kubeconfig, "check")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "there is no Deployment richpod-system/richpod-webhook; install richpod (richpod manifests " in ran.stderr


def test_a_cluster_that_does_not_answer_ends_with_2(healthy: Patient, tmp_path: Path) -> None:
    held = yaml.safe_load(healthy.cluster.kubeconfig.read_text())
    held["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    (tmp_path / "kubeconfig").write_text(json.dumps(held))
    ran = richpod(tmp_path / "kubeconfig", "check")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "https://127.0.0.1:1" in ran.stderr
    assert "Traceback" not in ran.stderr


def test_people_read_a_line_for_each_check_and_below_it_what_to_do(healthy: Patient) -> None:
    with labelled(profile="defualt")(healthy):
        lines = richpod(healthy.cluster.kubeconfig, "check").stdout.splitlines()
    assert "ok       kubernetes       the API server is " in lines[0]
    at = next(
        i for i, line in enumerate(lines) if line.startswith("problem  labels           namespace shop: there is no profile ")
    )
    assert lines[at + 1] == "                          to do: kubectl label namespace shop --overwrite richpod.io/profile=default"
    assert "\x1b" not in "".join(lines), "colour is for terminals"
