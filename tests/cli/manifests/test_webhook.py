"""The webhook's Deployment and what stands around it (requirements 77 to 79)."""

import pytest

from tests.cli.manifests.conftest import SORTS, Json, Render, Rendered
from tests.pod_security import violations
from webhook.installation import ADMISSION_PORT, HEALTH_PORT, NAMESPACE, REPLICAS_SERVICE, SERVER_NAMES, SERVICE, WEBHOOK


@pytest.fixture
def rendered(render: Render) -> Rendered:
    return render(SORTS)


@pytest.fixture
def pod(rendered: Rendered) -> Json:
    template: Json = rendered["Deployment", WEBHOOK]["spec"]["template"]
    return template


def test_r77_the_webhook_has_no_permission_and_no_token(rendered: Rendered, pod: Json) -> None:
    assert rendered["ServiceAccount", WEBHOOK]["automountServiceAccountToken"] is False
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["serviceAccountName"] == WEBHOOK
    bindings = [each for (kind, _), each in rendered.items() if kind in ("RoleBinding", "ClusterRoleBinding")]
    assert bindings
    assert WEBHOOK not in {subject["name"] for binding in bindings for subject in binding["subjects"]}


def test_r78_two_replicas_that_are_never_one_during_an_update(rendered: Rendered) -> None:
    spec = rendered["Deployment", WEBHOOK]["spec"]
    assert spec["replicas"] >= 2
    assert spec["strategy"]["rollingUpdate"]["maxUnavailable"] == 0


def test_r78_replicas_are_spread_but_one_node_is_enough(pod: Json) -> None:
    spread = {each["topologyKey"]: each["whenUnsatisfiable"] for each in pod["spec"]["topologySpreadConstraints"]}
    assert spread == {"kubernetes.io/hostname": "ScheduleAnyway", "topology.kubernetes.io/zone": "ScheduleAnyway"}


def test_r78_a_drained_node_takes_one_replica_at_a_time(rendered: Rendered, pod: Json) -> None:
    budget = rendered["PodDisruptionBudget", WEBHOOK]["spec"]
    assert budget["maxUnavailable"] == 1
    assert budget["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()


def test_r78_the_network_lets_in_two_ports_and_nothing_out(rendered: Rendered) -> None:
    spec = rendered["NetworkPolicy", WEBHOOK]["spec"]
    assert [port["port"] for rule in spec["ingress"] for port in rule["ports"]] == [ADMISSION_PORT, HEALTH_PORT]
    assert spec["policyTypes"] == ["Ingress", "Egress"]
    assert "egress" not in spec


def test_r78_every_container_has_requests_and_limits(rendered: Rendered) -> None:
    for (kind, _), each in rendered.items():
        if kind == "Deployment":
            for container in each["spec"]["template"]["spec"]["containers"]:
                assert container["resources"]["requests"].keys() >= {"cpu", "memory"}
                assert container["resources"]["limits"].keys() >= {"memory"}


def test_r79_our_own_pods_satisfy_restricted_and_our_namespace_enforces_it(rendered: Rendered) -> None:
    assert rendered["Namespace", NAMESPACE]["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    templates = [each["spec"]["template"] for (kind, _), each in rendered.items() if kind == "Deployment"]
    assert len(templates) == 2
    for template in templates:
        assert violations(template, "restricted") == []
        assert all(container["securityContext"]["readOnlyRootFilesystem"] for container in template["spec"]["containers"])


def test_both_services_lead_to_the_admission_port(rendered: Rendered, pod: Json) -> None:
    called, listed = rendered["Service", SERVICE]["spec"], rendered["Service", REPLICAS_SERVICE]["spec"]
    for service in (called, listed):
        assert [(port["port"], port["targetPort"]) for port in service["ports"]] == [(443, ADMISSION_PORT)]
        assert service["selector"].items() <= pod["metadata"]["labels"].items()
    assert (listed["clusterIP"], listed["publishNotReadyAddresses"]) == ("None", True)


def test_the_api_server_asks_for_a_name_that_the_certificate_has(rendered: Rendered) -> None:
    for webhook in rendered["MutatingWebhookConfiguration", "richpod"]["webhooks"]:
        service = webhook["clientConfig"]["service"]
        assert (service["port"], f"{service['name']}.{service['namespace']}.svc") == (443, SERVER_NAMES[0])


def test_probes_ask_the_plain_port(pod: Json) -> None:
    container = pod["spec"]["containers"][0]
    asked = {kind: container[f"{kind}Probe"]["httpGet"] for kind in ("startup", "liveness", "readiness")}
    assert {kind: get["path"] for kind, get in asked.items()} == {
        "startup": "/healthz",
        "liveness": "/healthz",
        "readiness": "/readyz",
    }
    assert {get["port"] for get in asked.values()} == {HEALTH_PORT}


def test_r68_a_replica_that_is_told_to_stop_has_time_to_drain(pod: Json) -> None:
    assert pod["spec"]["terminationGracePeriodSeconds"] >= 60
