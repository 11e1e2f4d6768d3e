"""What the policy's `images` adds to the webhook: Secrets, addresses, rights (requirements 77 and 78)."""

import json
from ipaddress import ip_address, ip_network
from typing import Any

import pytest

from tests.cli.manifests.conftest import ASKING, Json, Render, Rendered
from tests.pod_security import violations
from webhook.cli.manifests.files import objects
from webhook.cli.manifests.webhook import manifests
from webhook.installation import AUTHORITY_SECRET, NAMESPACE, WEBHOOK
from webhook.policy.file import parse

ROLE = "richpod-pull-secrets"
METADATA = ("169.254.169.254", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254")


@pytest.fixture
def rendered(render: Render) -> Rendered:
    return render(ASKING)


def spec(rendered: Rendered) -> Json:
    found: Json = rendered["Deployment", WEBHOOK]["spec"]["template"]["spec"]
    return found


def egress(render: Render, **images: Any) -> list[Json]:
    found: list[Json] = render(json.dumps({"images": images}))["NetworkPolicy", WEBHOOK]["spec"].get("egress", [])
    return found


def ports(rule: Json) -> list[int]:
    return [port["port"] for port in rule["ports"]]


def reaches(rule: Json, address: str) -> bool:
    """Whether a peer of the rule is a block that holds the address."""
    blocks = [peer["ipBlock"] for peer in rule["to"] if "ipBlock" in peer]
    found = ip_address(address)
    return any(
        found in ip_network(block["cidr"]) and not any(found in ip_network(one) for one in block.get("except", ()))
        for block in blocks
    )


# --- the Secret of the policy ---


def test_the_secret_is_mounted_where_it_is_read_and_may_be_missing(rendered: Rendered) -> None:
    (serve,) = spec(rendered)["containers"]
    assert "--registry-credentials=/etc/richpod/registries/.dockerconfigjson" in serve["args"]
    (mount,) = [mount for mount in serve["volumeMounts"] if mount["mountPath"] == "/etc/richpod/registries"]
    (volume,) = [volume for volume in spec(rendered)["volumes"] if volume["name"] == mount["name"]]
    assert mount["readOnly"] is True
    assert (volume["secret"]["secretName"], volume["secret"]["optional"]) == ("registries", True)


def test_of_whatever_secret_is_named_only_credentials_are_mounted(render: Render) -> None:
    rendered = render(json.dumps({"images": {"registries": {"docker.io": {}}, "credentials": AUTHORITY_SECRET}}))
    (volume,) = [volume for volume in spec(rendered)["volumes"] if volume["name"] == "registries"]
    assert [item["key"] for item in volume["secret"]["items"]] == [".dockerconfigjson"]


# --- the network ---


def test_r78_without_registries_nothing_is_called(render: Render) -> None:
    assert egress(render) == []
    assert egress(render, map={"shop:1": {"cmd": ["run"]}}) == []


def test_r78_registries_are_reached_by_name_and_on_the_ports_that_the_policy_names(render: Render) -> None:
    dns, registries = egress(
        render, registries={"docker.io": {"mirrors": ["mirror.example:8443", "[fd12::1]:5001"]}, "registry.example:5000": {}}
    )
    assert [(port["protocol"], port["port"]) for port in dns["ports"]] == [("UDP", 53), ("TCP", 53)]
    assert ports(registries) == [443, 5000, 5001, 8443]
    assert {port["protocol"] for port in registries["ports"]} == {"TCP"}


def test_r78_port_80_is_for_registries_without_tls(render: Render) -> None:
    assert ports(egress(render, registries={"registry.example": {"plainHttp": True}})[1]) == [80, 443]


def test_r78_any_host_may_be_a_registry_but_those_that_trust_whoever_reaches_them(render: Render) -> None:
    _, registries = egress(render, registries={"docker.io": {}})
    for address in ("203.0.113.9", "10.0.0.1", "2001:db8::1", "fd12::1"):
        assert reaches(registries, address)
    for address in (*METADATA, "169.254.1.1", "fe80::1"):
        assert not reaches(registries, address)
    assert {"namespaceSelector": {}} in registries["to"], "a registry may be a pod"


def test_r78_addresses_of_the_policy_are_reached_all_the_same(render: Render) -> None:
    _, registries = egress(render, registries={"registry.example": {"addresses": ["169.254.7.0/24", "fe80::/64"]}})
    assert reaches(registries, "169.254.7.1")
    assert reaches(registries, "fe80::1")
    assert not reaches(registries, "169.254.169.254")


def test_r78_what_looks_images_up_may_take_more_memory(rendered: Rendered, render: Render) -> None:
    limits = [spec(each)["containers"][0]["resources"]["limits"]["memory"] for each in (render(), rendered)]
    assert limits == ["256Mi", "384Mi"]


# --- Secrets of pods ---


def test_r77_the_webhook_may_get_secrets_where_the_policy_says_and_nothing_else(rendered: Rendered) -> None:
    assert rendered["ClusterRole", ROLE]["rules"] == [{"apiGroups": [""], "resources": ["secrets"], "verbs": ["get"]}]
    assert [key for key in rendered if key[0] == "ClusterRoleBinding" and WEBHOOK in str(rendered[key])] == []


@pytest.mark.parametrize("written", [["shop", "payments"], ["payments", "shop", "shop"]])
def test_r77_each_namespace_has_one_binding(render: Render, written: list[str]) -> None:
    policy = parse(json.dumps({"images": {"registries": {"docker.io": {}}, "pullSecretsFrom": written}}))
    bound = [each.object for each in objects(policy, []) if each.object["metadata"]["name"] == ROLE]
    assert [each["metadata"].get("namespace") for each in bound] == [None, "payments", "shop"]
    for binding in bound[1:]:
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == ("ClusterRole", ROLE)
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": WEBHOOK, "namespace": NAMESPACE}]


def test_r77_its_token_is_good_for_ten_minutes_and_none_comes_by_itself(rendered: Rendered) -> None:
    pod = spec(rendered)
    assert pod["automountServiceAccountToken"] is False
    (volume,) = [volume for volume in pod["volumes"] if "projected" in volume]
    token, authority = volume["projected"]["sources"]
    assert token["serviceAccountToken"] == {"path": "token", "expirationSeconds": 600}
    assert authority["configMap"]["items"] == [{"key": "ca.crt", "path": "ca.crt"}]
    (mount,) = [mount for mount in pod["containers"][0]["volumeMounts"] if mount["name"] == volume["name"]]
    assert (mount["mountPath"], mount["readOnly"]) == ("/var/run/secrets/kubernetes.io/serviceaccount", True)


def test_r77_without_namespaces_for_it_there_is_no_right_and_no_token(render: Render) -> None:
    rendered = render(json.dumps({"images": {"registries": {"docker.io": {}}, "credentials": "registries"}}))
    assert ("ClusterRole", ROLE) not in rendered
    assert [volume["name"] for volume in spec(rendered)["volumes"]] == ["policy", "tls", "registries"]


def test_r78_it_reaches_the_api_server_only_to_get_them(render: Render) -> None:
    asking = {"registries": {"docker.io": {}}}
    assert [ports(rule) for rule in egress(render, **asking, pullSecretsFrom=["shop"])] == [[53, 53], [443], [443, 6443]]
    assert [ports(rule) for rule in egress(render, **asking)] == [[53, 53], [443]]


def test_r79_its_pod_still_satisfies_restricted(rendered: Rendered) -> None:
    assert violations(rendered["Deployment", WEBHOOK]["spec"]["template"], "restricted") == []


# --- what is said above the objects ---


@pytest.mark.parametrize(
    ("images", "rights", "calls"),
    [
        ({}, "No Role is bound to it", "calls nobody"),
        ({"registries": {"docker.io": {}}}, "No Role is bound to it", "calls registries"),
        ({"registries": {"docker.io": {}}, "pullSecretsFrom": ["shop"]}, f"RoleBindings {ROLE}", "and the API server"),
    ],
)
def test_comments_are_true(images: Json, rights: str, calls: str) -> None:
    said = {each.object["kind"]: each.why for each in manifests(parse(json.dumps({"images": images})))}
    assert rights in said["ServiceAccount"]
    assert calls in said["NetworkPolicy"]
