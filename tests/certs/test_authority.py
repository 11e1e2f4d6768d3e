"""The authority's promises to the API server, read back from the PEM it hands out and proved in real handshakes."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.authority import Pair, new_authority, new_leaf

NOW = datetime(2030, 2, 28, 12, 0, tzinfo=UTC)
NAMES = ("richpod.richpod-system.svc", "richpod", "192.0.2.7", "2001:db8::7")


@pytest.fixture(scope="module")
def authority() -> Pair:
    return new_authority("richpod", NOW, timedelta(days=3650))


@pytest.fixture(scope="module")
def leaf(authority: Pair) -> x509.Certificate:
    return read(new_leaf(authority, NAMES, NOW, timedelta(days=90)))


def read(pair: Pair) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pair.certificate)


def test_r59_every_name_and_address_is_in_the_alternative_names_and_nowhere_else(leaf: x509.Certificate) -> None:
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert names.value.get_values_for_type(x509.DNSName) == list(NAMES[:2])
    assert names.value.get_values_for_type(x509.IPAddress) == [ip_address(name) for name in NAMES[2:]]
    assert not leaf.subject.rdns
    assert names.critical


def test_r59_the_leaf_is_a_p256_sha256_server_certificate(leaf: x509.Certificate) -> None:
    key = leaf.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert key.curve.name == "secp256r1"
    assert leaf.signature_hash_algorithm is not None
    assert leaf.signature_hash_algorithm.name == "sha256"
    usage = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [ExtendedKeyUsageOID.SERVER_AUTH]
    assert leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca is False


def test_the_authority_may_sign_leaves_and_no_further_authority(authority: Pair, leaf: x509.Certificate) -> None:
    certificate = read(authority)
    constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (constraints.value.ca, constraints.value.path_length, constraints.critical) == (True, 0, True)
    usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    assert usage.key_cert_sign
    assert not usage.digital_signature
    leaf.verify_directly_issued_by(certificate)
    signed_by = leaf.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    assert signed_by == certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value.digest


def test_a_clock_that_is_an_hour_behind_accepts_both(authority: Pair, leaf: x509.Certificate) -> None:
    assert leaf.not_valid_before_utc == read(authority).not_valid_before_utc == NOW - timedelta(hours=2)


def test_a_leaf_never_outlives_its_authority(authority: Pair) -> None:
    late = NOW + timedelta(days=3649)
    assert read(new_leaf(authority, NAMES, late, timedelta(days=90))).not_valid_after_utc == NOW + timedelta(days=3650)


def test_an_authority_that_has_ended_signs_nothing(authority: Pair) -> None:
    with pytest.raises(ValueError, match="ended at 2040-02-26 12:00 UTC"):
        new_leaf(authority, NAMES, NOW + timedelta(days=3650), timedelta(days=90))


@pytest.mark.parametrize("name", ["richpod.richpod-system.svc", "192.0.2.7"])
def test_a_verifying_client_accepts_the_leaf(tmp_path: Path, name: str) -> None:
    now = datetime.now(UTC)
    authority = new_authority("richpod", now, timedelta(days=1))
    assert handshake(authority, new_leaf(authority, NAMES, now, timedelta(days=1)), tmp_path, name) == "TLSv1.3"


@pytest.mark.parametrize(
    ("name", "age", "problem"),
    [
        ("other.richpod-system.svc", timedelta(0), "Hostname mismatch"),
        ("192.0.2.8", timedelta(0), "IP address mismatch"),
        ("richpod", timedelta(days=2), "certificate has expired"),
    ],
)
def test_a_verifying_client_refuses_another_name_and_an_ended_leaf(
    tmp_path: Path, name: str, age: timedelta, problem: str
) -> None:
    then = datetime.now(UTC) - age
    authority = new_authority("richpod", then, timedelta(days=30))
    with pytest.raises(ssl.SSLCertVerificationError, match=problem):
        handshake(authority, new_leaf(authority, NAMES, then, timedelta(days=1)), tmp_path, name)


def handshake(authority: Pair, leaf: Pair, folder: Path, name: str) -> str | None:
    """The TLS version that a verifying client and a server with this leaf agree on, in memory."""
    (folder / "leaf.pem").write_bytes(leaf.certificate + leaf.key)
    serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    serving.load_cert_chain(folder / "leaf.pem")
    trusting = ssl.create_default_context(cadata=authority.certificate.decode())
    upward, downward = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = trusting.wrap_bio(downward, upward, server_hostname=name)
    server = serving.wrap_bio(upward, downward, server_side=True)
    for side in (client, server, client, server):
        try:
            side.do_handshake()
        except ssl.SSLWantReadError:
            continue
    return client.version()
