"""What the certificates' controller may do (requirement 77)."""

import pytest

from tests.cli.manifests.conftest import Render, Rendered
from webhook.installation import AUTHORITY_SECRET, CERTS, CONFIGURATION, NAMESPACE, SERVING_SECRET


@pytest.fixture
def rendered(render: Render) -> Rendered:
    return render()


def test_r77_all_rights_of_the_controller_are_named_objects_and_verbs(rendered: Rendered) -> None:
    """Also `watch`, of the same names; `create` by name is what a server-side apply of an absent object needs."""
    roles = {kind: rendered[kind, CERTS]["rules"] for kind in ("Role", "ClusterRole")}
    assert roles == {
        "Role": [
            {
                "apiGroups": [""],
                "resources": ["secrets"],
                "resourceNames": [AUTHORITY_SECRET, SERVING_SECRET],
                "verbs": ["get", "watch", "create", "patch"],
            }
        ],
        "ClusterRole": [
            {
                "apiGroups": ["admissionregistration.k8s.io"],
                "resources": ["mutatingwebhookconfigurations"],
                "resourceNames": [CONFIGURATION],
                "verbs": ["get", "watch", "patch"],
            }
        ],
    }


def test_r77_nobody_else_gets_them(rendered: Rendered) -> None:
    for kind in ("Role", "ClusterRole"):
        binding = rendered[f"{kind}Binding", CERTS]
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": CERTS, "namespace": NAMESPACE}]
        assert (binding["roleRef"]["kind"], binding["roleRef"]["name"]) == (kind, CERTS)


def test_one_controller_at_a_time(rendered: Rendered) -> None:
    spec = rendered["Deployment", CERTS]["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")
    assert spec["template"]["spec"]["serviceAccountName"] == CERTS


def test_it_reaches_names_the_api_server_and_every_replica(rendered: Rendered) -> None:
    egress = rendered["NetworkPolicy", CERTS]["spec"]["egress"]
    ports = [[(port["protocol"], port["port"]) for port in rule["ports"]] for rule in egress]
    assert ports == [[("UDP", 53), ("TCP", 53)], [("TCP", 443), ("TCP", 6443)], [("TCP", 8443)]]
    assert egress[2]["to"][0]["podSelector"] == {
        "matchLabels": rendered["Deployment", "richpod-webhook"]["spec"]["selector"]["matchLabels"]
    }
