"""Keys, certificates and kubeconfigs of a cluster, all in one folder: NAME.key, NAME.crt, NAME.kubeconfig."""

import base64
import datetime
import ipaddress
import json
from collections.abc import Iterable
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from .layout import NODE

LIFETIME = datetime.timedelta(days=30)
CLIENTS = {
    "admin": ("admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kubelet": (f"system:node:{NODE}", "system:nodes"),
    "proxy": ("system:kube-proxy", ""),
}
"""Who gets a kubeconfig: user name and group as the API server's built-in roles know them."""


def write(folder: Path, server: str, server_addresses: Iterable[str], node_addresses: Iterable[str] = ()) -> None:
    """`server`: URL of the API server. The addresses are what the certificates of API server and kubelet answer for."""
    folder.mkdir(parents=True)
    authority = _Authority(folder)
    authority.issue("apiserver", "kube-apiserver", "", server_addresses)
    authority.issue("kubelet-client", "kube-apiserver-kubelet-client", "system:masters")
    for name, (user, group) in CLIENTS.items():
        authority.issue(name, user, group, node_addresses if name == "kubelet" else ())
        (folder / f"{name}.kubeconfig").write_text(_kubeconfig(folder, name, server))
    _save(folder, "service-accounts", rsa.generate_private_key(public_exponent=65537, key_size=2048))


class _Authority:
    """The one that signs everything in this folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("test-cluster", "")
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = self._builder(self.name, self.key.public_key())
        builder = builder.add_extension(constraints, critical=True).add_extension(usage, critical=True)
        _save(folder, "ca", self.key, builder.sign(self.key, hashes.SHA256()))

    def issue(self, stem: str, user: str, group: str, addresses: Iterable[str] = ()) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH])
        builder = self._builder(_name(user, group), key.public_key()).add_extension(usage, critical=False)
        names = [_alternative(address) for address in addresses]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        _save(self.folder, stem, key, builder.sign(self.key, hashes.SHA256()))

    def _builder(self, subject: x509.Name, public: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
        now = datetime.datetime.now(datetime.UTC)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(public)
        builder = builder.serial_number(x509.random_serial_number())
        return builder.not_valid_before(now - datetime.timedelta(hours=1)).not_valid_after(now + LIFETIME)


def _name(user: str, group: str) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
    if group:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    return x509.Name(attributes)


def _alternative(address: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(address))
    except ValueError:
        return x509.DNSName(address)


def _save(
    folder: Path, stem: str, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey, certificate: x509.Certificate | None = None
) -> None:
    pem = serialization.Encoding.PEM
    (folder / f"{stem}.key").write_bytes(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    if certificate:
        (folder / f"{stem}.crt").write_bytes(certificate.public_bytes(pem))


def _kubeconfig(folder: Path, name: str, server: str) -> str:
    def encoded(file: str) -> str:
        return base64.b64encode((folder / file).read_bytes()).decode()

    user = {"client-certificate-data": encoded(f"{name}.crt"), "client-key-data": encoded(f"{name}.key")}
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [{"name": "test", "cluster": {"server": server, "certificate-authority-data": encoded("ca.crt")}}],
            "users": [{"name": name, "user": user}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": name}}],
        }
    )
