"""Who may connect (requirement 66)."""

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.authority import Pair, new_authority, new_leaf
from tests.running import Files, InThread, review_body, thread
from webhook.errors import BadInput
from webhook.serving.tls import client_authorities

NOW, DAY = datetime.now(UTC), timedelta(days=1)
AUTHORITY, STRANGER = new_authority("clients", NOW, DAY), new_authority("clients", NOW, DAY)


def client(authority: Pair) -> bytes:
    """A client's certificate and key, PEM."""
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    signer = load_pem_private_key(authority.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    builder = x509.CertificateBuilder(issuer.subject, x509.Name([]), key.public_key(), 7, NOW - DAY / 24, NOW + DAY)
    usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])
    certificate = builder.add_extension(usage, critical=False).sign(signer, hashes.SHA256())
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificate.public_bytes(Encoding.PEM) + private


@pytest.fixture(scope="module")
def guarded(files: Files) -> Iterator[InThread]:
    with thread(files, client_authorities=AUTHORITY.certificate.decode()) as running:
        yield running


def presenting(running: InThread, pem: bytes, folder: Path) -> int:
    """The status that a client with this certificate gets."""
    trust = ssl.create_default_context(cadata=running.authority)
    if pem:
        (folder / "client.pem").write_bytes(pem)
        trust.load_cert_chain(folder / "client.pem")
    before, running.trust = running.trust, trust
    try:
        return running.post(review_body()).status
    finally:
        running.trust = before


def test_r66_a_client_of_the_authority_is_answered(guarded: InThread, tmp_path: Path) -> None:
    assert presenting(guarded, client(AUTHORITY), tmp_path) == 200


@pytest.mark.parametrize(
    "pem",
    [b"", client(STRANGER), b"".join(new_leaf(AUTHORITY, ("localhost",), NOW, DAY))],
    ids=["none", "another authority's", "a server's"],
)
def test_r66_nobody_else_is(guarded: InThread, tmp_path: Path, pem: bytes) -> None:
    with pytest.raises(OSError, match=r"ssl|SSL|reset|closed"):
        presenting(guarded, pem, tmp_path)


def test_r66_probes_need_no_certificate(guarded: InThread) -> None:
    assert [guarded.health(path).status for path in ("/healthz", "/readyz", "/metrics")] == [200, 200, 200]


def test_r66_without_such_authorities_everybody_is_answered(webhook: InThread) -> None:
    assert webhook.post(review_body()).status == 200


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_r66_a_file_without_authorities_is_refused_at_the_start(tmp_path: Path, content: bytes | None) -> None:
    """Without them everybody would be let in."""
    file = tmp_path / "ca.crt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadInput, match=r"ca\.crt: (holds no PEM certificate|No such file)"):
        client_authorities(file)
