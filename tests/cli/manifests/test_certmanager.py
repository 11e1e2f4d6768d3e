"""The component `cert-manager`: the same Secrets, and nothing of `richpod certs`."""

from webhook.cli.manifests import certificates, certmanager, configuration
from webhook.cli.manifests.component import added
from webhook.installation import AUTHORITY_SECRET, SERVER_NAMES, SERVING_SECRET
from webhook.policy import Policy

COMPONENT = certmanager.component(Policy())
SPECS = {m.object["spec"]["secretName"]: m.object["spec"] for m in COMPONENT.resources if m.object["kind"] == "Certificate"}


def test_r59_the_leaf_answers_for_every_server_name_with_a_key_that_is_new_each_time() -> None:
    leaf = SPECS[SERVING_SECRET]
    assert leaf["dnsNames"] == list(SERVER_NAMES)
    assert leaf["privateKey"] == {"algorithm": "ECDSA", "size": 256, "rotationPolicy": "Always"}
    assert "server auth" in leaf["usages"]


def test_r63_the_authority_keeps_its_key_so_that_leaves_of_before_its_renewal_stay_good() -> None:
    assert SPECS[AUTHORITY_SECRET]["isCA"]
    assert SPECS[AUTHORITY_SECRET]["privateKey"]["rotationPolicy"] == "Never"


def test_nothing_of_the_certificates_controller_is_left() -> None:
    kinds = {manifest.object["kind"] for manifest in added(certificates.manifests(Policy()), COMPONENT)}
    assert kinds == {"Issuer", "Certificate"}


def test_the_authority_of_what_is_served_is_injected_into_the_configuration() -> None:
    changed, *_ = added(configuration.manifests(Policy()), COMPONENT)
    assert changed.object["metadata"]["annotations"] == {"cert-manager.io/inject-ca-from": "richpod-system/richpod-tls"}
    assert changed.object["webhooks"] == configuration.manifests(Policy())[0].object["webhooks"]
