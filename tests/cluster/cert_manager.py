"""cert-manager, as far as an API server needs it: its own custom resources, and what its controllers would do about ours."""

import base64
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from certs.authority import Pair, new_authority, new_leaf

from .access import Cluster, Object
from .pins import CERT_MANAGER
from .processes import run, until

KINDS = ("certificates", "issuers")


def install(cluster: Cluster) -> None:
    """The kinds, served and checked by the API server."""
    module = f"github.com/cert-manager/cert-manager@{CERT_MANAGER}"
    folder = Path(json.loads(run("go", "mod", "download", "-json", module, cwd=Path("/")))["Dir"]) / "deploy/crds"
    for kind in KINDS:
        cluster.kubectl("create", "-f", folder / f"cert-manager.io_{kind}.yaml")
    established = [f"crd/{kind}.cert-manager.io" for kind in KINDS]
    cluster.kubectl("wait", "--for=condition=Established", "--timeout=60s", *established)
    until("the kinds of cert-manager", lambda: cluster.kubectl("get", "certificates,issuers", "-A") == "", seconds=30)


def issue(cluster: Cluster, namespace: str) -> None:
    """What its controllers do: a pair for every Certificate there, in its Secret, the signer's certificate beside it."""
    found = json.loads(cluster.kubectl("-n", namespace, "get", "certificates", "-o", "json"))["items"]
    specs = {certificate["spec"]["issuerRef"]["name"]: certificate["spec"] for certificate in found}
    issuers = json.loads(cluster.kubectl("-n", namespace, "get", "issuers", "-o", "json"))["items"]
    signed = {issuer["metadata"]["name"]: issuer["spec"].get("ca", {}).get("secretName") for issuer in issuers}
    (self_signed,) = (name for name, secret in signed.items() if not secret)
    (by_authority,) = (name for name, secret in signed.items() if secret)
    now = datetime.now(UTC)
    authority = new_authority(specs[self_signed]["commonName"], now, _hours(specs[self_signed]))
    leaf = new_leaf(authority, tuple(specs[by_authority]["dnsNames"]), now, _hours(specs[by_authority]))
    assert signed[by_authority] == specs[self_signed]["secretName"]
    cluster.apply(
        *(_secret(namespace, specs[name], pair, authority) for name, pair in ((self_signed, authority), (by_authority, leaf)))
    )


def inject(cluster: Cluster, configuration: str) -> None:
    """What its CA injector does: the signer of the Certificate that the annotation names, into every entry."""
    name = f"mutatingwebhookconfiguration/{configuration}"
    found = json.loads(cluster.kubectl("get", name, "-o", "json"))
    namespace, certificate = found["metadata"]["annotations"]["cert-manager.io/inject-ca-from"].split("/")
    described = json.loads(cluster.kubectl("-n", namespace, "get", "certificate", certificate, "-o", "json"))
    secret = json.loads(cluster.kubectl("-n", namespace, "get", "secret", described["spec"]["secretName"], "-o", "json"))
    for entry in found["webhooks"]:
        entry["clientConfig"]["caBundle"] = secret["data"]["ca.crt"]
    cluster.kubectl("replace", "-f", "-", input=json.dumps(found))


def _hours(spec: Object) -> timedelta:
    return timedelta(hours=int(spec["duration"].removesuffix("h")))


def _secret(namespace: str, spec: Object, pair: Pair, authority: Pair) -> Object:
    data = {"tls.crt": pair.certificate, "tls.key": pair.key, "ca.crt": authority.certificate}
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": spec["secretName"], "namespace": namespace},
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }
