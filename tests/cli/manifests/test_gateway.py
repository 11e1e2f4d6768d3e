"""The gateway's Deployment, its rights, and how pods find whoever leads (requirements 77 to 79)."""

import json
from typing import Any

import pytest

from tests.cli.manifests.conftest import GRANTING, Json, Render, Rendered
from tests.pod_security import violations
from webhook.gateway.pods.identity import review
from webhook.gateway.replicas.election import PATH
from webhook.installation import (
    GATEWAY,
    GATEWAY_PORT,
    GATEWAY_SLICES,
    GRANTS_ROLE,
    HEALTH_PORT,
    NAMESPACE,
    SERVER_NAMES,
    WEBHOOK,
)


@pytest.fixture
def rendered(render: Render) -> Rendered:
    return render(GRANTING)


@pytest.fixture
def pod(rendered: Rendered) -> Json:
    template: Json = rendered["Deployment", GATEWAY]["spec"]["template"]
    return template


@pytest.fixture
def container(pod: Json) -> Json:
    (found,) = pod["spec"]["containers"]
    return dict(found)


def test_without_grants_there_is_none(render: Render) -> None:
    upstream = {"grant": {"url": "http://a.example/${address}"}, "revoke": {"url": "http://a.example/${address}"}}
    for policy in ({}, {"gateway": {"upstreams": {"acl": upstream}}, "applications": {"shop": {"namespaces": ["shop"]}}}):
        assert not [name for _, name in render(json.dumps(policy)) if "gateway" in name or "grants" in name]


def test_grants_of_common_ports_alone_need_it_too(render: Render) -> None:
    assert ("Deployment", GATEWAY) in render('{"grants": {"common": {"ports": [53]}}}')


# --- how pods find it ---


def test_nobody_but_the_leader_says_where_it_is(rendered: Rendered) -> None:
    """A selector would have Kubernetes name all replicas; endpoints here would be taken back to these by each apply."""
    service = rendered["Service", GATEWAY]["spec"]
    assert service == {"ports": [{"name": "https", "port": 443, "targetPort": GATEWAY_PORT}]}
    for name, family in GATEWAY_SLICES.items():
        made = rendered["EndpointSlice", name]
        assert made["addressType"] == family
        assert "endpoints" not in made
        assert made["ports"] == [{"name": "https", "port": GATEWAY_PORT, "protocol": "TCP"}]
        labels = made["metadata"]["labels"]
        assert labels["kubernetes.io/service-name"] == GATEWAY
        assert labels["endpointslice.kubernetes.io/managed-by"] == GATEWAY


def test_the_lease_is_made_by_whoever_comes_first(rendered: Rendered) -> None:
    assert not [name for kind, name in rendered if kind == "Lease"]


def test_r59_pods_ask_for_a_name_that_the_certificate_has() -> None:
    assert f"{GATEWAY}.{NAMESPACE}.svc" in SERVER_NAMES


def test_every_pod_may_ask_it_and_it_reaches_its_upstreams_ports(rendered: Rendered) -> None:
    spec = rendered["NetworkPolicy", GATEWAY]["spec"]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert spec["ingress"] == [{"ports": [{"protocol": "TCP", "port": port} for port in (GATEWAY_PORT, HEALTH_PORT)]}]
    ports = [[(port["protocol"], port["port"]) for port in rule["ports"]] for rule in spec["egress"]]
    assert ports == [[("UDP", 53), ("TCP", 53)], [("TCP", 443), ("TCP", 6443)], [("TCP", 80), ("TCP", 9443)]]


def test_without_upstreams_it_reaches_none(render: Render) -> None:
    spec = render('{"grants": {"common": {"ports": [53]}}}')["NetworkPolicy", GATEWAY]["spec"]
    assert len(spec["egress"]) == 2


# --- its pods ---


def test_r78_it_is_run_as_the_webhook_is(rendered: Rendered) -> None:
    """Spread, never one during an update, one at a time where nodes are drained, and with time to hand over."""
    ours, webhook = (json.dumps(rendered["Deployment", name]["spec"]).replace(name, "X") for name in (GATEWAY, WEBHOOK))
    different = ("containers", "volumes")
    specs: list[Any] = [json.loads(ours), json.loads(webhook)]
    for spec in specs:
        for key in different:
            del spec["template"]["spec"][key]
    assert specs[0] == specs[1]
    budget = rendered["PodDisruptionBudget", GATEWAY]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"] == rendered["Deployment", GATEWAY]["spec"]["selector"]


def test_r79_its_pod_satisfies_restricted(pod: Json, container: Json) -> None:
    assert violations(pod, "restricted") == []
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert container["resources"]["limits"]["memory"] == "256Mi"


def test_a_replica_knows_its_own_name_and_addresses(container: Json) -> None:
    assert {"--name=$(POD_NAME)", "--address=$(POD_IPS)"} <= {*container["args"]}
    paths = {each["name"]: each["valueFrom"]["fieldRef"]["fieldPath"] for each in container["env"]}
    assert paths == {"POD_NAME": "metadata.name", "POD_IPS": "status.podIPs"}


def test_credentials_are_mounted_where_they_are_read_and_must_be_there(pod: Json, container: Json) -> None:
    """Without them an upstream would refuse pods that have done nothing wrong."""
    assert "--credentials=/etc/richpod/credentials" in container["args"]
    mounts = {mount["mountPath"]: mount for mount in container["volumeMounts"]}
    assert [path for path in mounts if "credentials" in path] == ["/etc/richpod/credentials/acl"]
    mount = mounts["/etc/richpod/credentials/acl"]
    (volume,) = [volume for volume in pod["spec"]["volumes"] if volume["name"] == mount["name"]]
    assert volume["secret"] == {"secretName": "acl-token"}
    assert all(mount["readOnly"] for mount in mounts.values())


def test_names_of_upstreams_are_as_long_as_they_may_be(render: Render) -> None:
    name = "a" * 63
    call = {"url": "http://a.example/${address}"}
    upstreams = {
        name: {"grant": call, "revoke": call, "credentials": "a"},
        "tls": {"grant": call, "revoke": call, "credentials": "b"},
    }
    policy = {"gateway": {"upstreams": upstreams}, "grants": {"orders": {"upstream": name}}}
    volumes = render(json.dumps(policy))["Deployment", GATEWAY]["spec"]["template"]["spec"]["volumes"]
    names = [volume["name"] for volume in volumes]
    assert len({*names}) == len(names)
    assert max(map(len, names)) <= 63


# --- rights ---


def test_r77_all_its_rights(rendered: Rendered) -> None:
    def may(kind: str) -> list[tuple[str, str, list[str], list[str]]]:
        rules = rendered[kind, GATEWAY]["rules"]
        return [(rule["apiGroups"][0], rule["resources"][0], rule.get("resourceNames", []), rule["verbs"]) for rule in rules]

    assert may("ClusterRole") == [
        ("", "pods", [], ["get", "list", "watch"]),
        ("authentication.k8s.io", "tokenreviews", [], ["create"]),
    ]
    assert may("Role") == [
        ("richpod.io", "grants", [], ["get", "list", "watch", "create", "delete"]),
        ("richpod.io", "grants/status", [], ["update"]),
        ("coordination.k8s.io", "leases", [], ["create"]),
        ("coordination.k8s.io", "leases", [GATEWAY], ["get", "update"]),
        ("discovery.k8s.io", "endpointslices", [*GATEWAY_SLICES], ["get", "update"]),
    ]
    assert "coordination.k8s.io" in PATH
    assert review("")["apiVersion"].startswith("authentication.k8s.io/")


def test_r77_nobody_else_gets_them_and_its_role_for_readers_is_bound_to_nobody(rendered: Rendered) -> None:
    bindings = [each for (kind, _), each in rendered.items() if kind in ("RoleBinding", "ClusterRoleBinding")]
    ours = [each for each in bindings if each["roleRef"]["name"] == GATEWAY]
    assert len(ours) == 2
    for binding in ours:
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": GATEWAY, "namespace": NAMESPACE}]
    assert rendered["Role", GRANTS_ROLE]["rules"] == [
        {"apiGroups": ["richpod.io"], "resources": ["grants"], "verbs": ["get", "list"]}
    ]
    assert GRANTS_ROLE not in {each["roleRef"]["name"] for each in bindings}


def test_r77_its_token_is_good_for_ten_minutes_and_none_comes_by_itself(rendered: Rendered, pod: Json) -> None:
    assert rendered["ServiceAccount", GATEWAY]["automountServiceAccountToken"] is False
    (volume,) = [volume for volume in pod["spec"]["volumes"] if "projected" in volume]
    token, _ = volume["projected"]["sources"]
    assert token["serviceAccountToken"] == {"path": "token", "expirationSeconds": 600}
