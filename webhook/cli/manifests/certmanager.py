"""The component `cert-manager`: it, and not `richpod certs`, keeps authority and serving certificate, in the same Secrets."""

from webhook.cli.manifests import certificates, configuration
from webhook.cli.manifests.component import DELETE, Component
from webhook.cli.manifests.manifest import Json, Manifest, named
from webhook.installation import AUTHORITY_SECRET, NAMESPACE, SERVER_NAMES, SERVING_SECRET
from webhook.policy import Policy

INJECTED = {"cert-manager.io/inject-ca-from": f"{NAMESPACE}/{SERVING_SECRET}"}
"""The configuration's annotation: whoever signed what is served is trusted in every entry."""

_API = "cert-manager.io/v1"
_SELF_SIGNED, _AUTHORITY = "richpod-self-signed", "richpod"


def component(policy: Policy) -> Component:
    """Needs cert-manager with its CA injector."""
    left_out = [_change(manifest.object, DELETE) for manifest in certificates.manifests(policy)]
    injected = [_change(manifest.object, {}, annotations=INJECTED) for manifest in configuration.manifests(policy)]
    return Component(
        "certificates kept by cert-manager instead of richpod-certs; needs cert-manager with its CA injector",
        tuple(objects()),
        (*left_out, *injected),
    )


def objects() -> list[Manifest]:
    return [
        Manifest(named(_API, "Issuer", _SELF_SIGNED, spec={"selfSigned": {}})),
        Manifest(
            _certificate(AUTHORITY_SECRET, _SELF_SIGNED, 5 * 365 * 24, "Never", isCA=True, commonName="richpod"),
            "It keeps its key: a leaf of before its renewal verifies against the renewed one, so no order has to be kept.",
        ),
        Manifest(named(_API, "Issuer", _AUTHORITY, spec={"ca": {"secretName": AUTHORITY_SECRET}})),
        Manifest(
            _certificate(
                SERVING_SECRET,
                _AUTHORITY,
                90 * 24,
                "Always",
                dnsNames=list(SERVER_NAMES),
                usages=["digital signature", "server auth"],
            ),
            "The API server asks for the first name. Replicas load it from the Secret while they serve.",
        ),
    ]


def _certificate(secret: str, issuer: str, hours: int, rotation: str, **more: object) -> Json:
    """Renewed in the last third of its life, in the Secret of its name."""
    spec = {
        "secretName": secret,
        "duration": f"{hours}h",
        "renewBefore": f"{hours // 3}h",
        "privateKey": {"algorithm": "ECDSA", "size": 256, "rotationPolicy": rotation},
        "issuerRef": {"group": "cert-manager.io", "kind": "Issuer", "name": issuer},
        **more,
    }
    return named(_API, "Certificate", secret, spec=spec)


def _change(base: Json, change: Json, **metadata: object) -> Manifest:
    """Of an object that is there without the component."""
    place = {key: base["metadata"][key] for key in ("name", "namespace") if key in base["metadata"]}
    return Manifest({"apiVersion": base["apiVersion"], "kind": base["kind"], "metadata": {**place, **metadata}, **change})
