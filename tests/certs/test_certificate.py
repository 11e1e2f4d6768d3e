"""Which serving pairs must not be used, said in one sentence each (requirements 59 and 62)."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from ssl import DER_cert_to_PEM_cert

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from certs.authority import Pair, new_authority, new_leaf
from certs.bundle import split
from certs.certificate import authority_problem, fingerprint, names, problem, signed_by, validity

NOW = datetime(2030, 2, 28, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
AUTHORITY = new_authority("richpod", NOW, 1000 * DAY)
LEAF = new_leaf(AUTHORITY, ("richpod.richpod-system.svc", "192.0.2.7"), NOW, 90 * DAY)
OTHER = new_leaf(AUTHORITY, ("richpod.richpod-system.svc",), NOW, 90 * DAY)


def test_r62_a_good_pair_has_no_problem() -> None:
    assert problem(LEAF, NOW) == ""
    assert problem(Pair(LEAF.certificate + AUTHORITY.certificate, LEAF.key), NOW) == ""


def test_clocks_differ_so_a_pair_that_is_not_valid_yet_has_no_problem() -> None:
    assert problem(LEAF, NOW - 5 * DAY) == ""


def test_r62_every_half_of_a_file_is_a_problem() -> None:
    for cut in range(len(LEAF.certificate) - 1):
        assert "certificate cannot be read" in problem(Pair(LEAF.certificate[:cut], LEAF.key), NOW), cut
    for cut in range(0, len(LEAF.key) - 1, 5):
        assert "key cannot be read" in problem(Pair(LEAF.certificate, LEAF.key[:cut]), NOW), cut


def made(*extensions: x509.ExtensionType, secret: bytes = b"") -> Pair:
    """A self-signed certificate as somebody else may make one: it has a common name in any case."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "richpod.richpod-system.svc")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, NOW - DAY, NOW + DAY)
    for extension in extensions:
        builder = builder.add_extension(extension, critical=False)
    encryption = BestAvailableEncryption(secret) if secret else NoEncryption()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
    return Pair(builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM), private)


NAMES = x509.SubjectAlternativeName([x509.DNSName("richpod.richpod-system.svc")])
SERVERS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
CLIENTS = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH])


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        (Pair(b"", b""), "the certificate cannot be read"),
        (Pair(LEAF.key, LEAF.key), "the certificate cannot be read"),
        (Pair(LEAF.certificate + AUTHORITY.certificate[:99], LEAF.key), "the certificate cannot be read"),
        (Pair(LEAF.certificate, LEAF.certificate), "the key cannot be read"),
        (made(NAMES, SERVERS, secret=b"secret"), "the key cannot be read"),
        (Pair(LEAF.certificate, OTHER.key), "the key is not this certificate's"),
        (made(SERVERS), "no subjectAltName"),
        (made(NAMES, CLIENTS), "lacks serverAuth"),
    ],
)
def test_r59_r62_a_bad_pair_is_refused_with_its_reason(pair: Pair, sentence: str) -> None:
    assert sentence in problem(pair, NOW)


def test_r62_an_ended_certificate_is_refused_with_its_end() -> None:
    assert problem(LEAF, NOW + 90 * DAY) == "the certificate ended at 2030-05-29 12:00 UTC"


def test_a_certificate_without_extended_usages_is_for_every_use() -> None:
    assert problem(made(NAMES), NOW) == ""


def test_an_authority_can_sign_until_it_ends() -> None:
    assert authority_problem(AUTHORITY, NOW) == ""
    assert authority_problem(AUTHORITY, NOW + 1000 * DAY) == "the authority ended at 2032-11-24 12:00 UTC"


@pytest.mark.parametrize(
    ("pair", "sentence"),
    [
        (LEAF, "is no authority"),
        (Pair(AUTHORITY.certificate, LEAF.key), "the key is not this certificate's"),
        (Pair(AUTHORITY.certificate[:-30], AUTHORITY.key), "cannot be read"),
    ],
)
def test_what_is_no_authority_cannot_sign(pair: Pair, sentence: str) -> None:
    assert sentence in authority_problem(pair, NOW)


def test_what_a_certificate_says() -> None:
    assert names(LEAF.certificate) == {"richpod.richpod-system.svc", "192.0.2.7"}
    assert validity(LEAF.certificate) == (NOW - timedelta(hours=2), NOW + 90 * DAY)
    assert len({fingerprint(pair.certificate) for pair in (LEAF, OTHER, AUTHORITY)}) == 3
    assert names(AUTHORITY.certificate) == frozenset()


def test_an_authority_of_the_same_name_did_not_sign() -> None:
    assert signed_by(LEAF.certificate, AUTHORITY.certificate)
    assert not signed_by(LEAF.certificate, new_authority("richpod", NOW, DAY).certificate)
    assert not signed_by(LEAF.certificate, b"")


@pytest.mark.filterwarnings("ignore:Parsed a serial number which wasn't positive")
def test_r62_no_byte_of_a_certificate_makes_anything_fail_but_as_a_certificate_fails() -> None:
    """A Secret holds what anybody with a right to it writes; the controller must be able to replace it."""
    der = x509.load_pem_x509_certificate(LEAF.certificate).public_bytes(Encoding.DER)
    for at in range(len(der)):
        for value in {der[at] ^ 1, der[at] ^ 2, 15, 16, 17}:
            broken = DER_cert_to_PEM_cert(der[:at] + bytes([value]) + der[at + 1 :]).encode()
            assert isinstance(problem(Pair(broken, LEAF.key), NOW), str)
            assert isinstance(signed_by(broken, AUTHORITY.certificate), bool)
            split(broken)
            with suppress(ValueError):
                names(broken), validity(broken)
