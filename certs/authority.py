"""Keys and certificates: an authority, and serving certificates that it signs.

Time is an argument, keys are fresh random ones. ECDSA P-256 with SHA-256: a handshake costs the server a fourteenth of
RSA-2048's signature. PEM in, PEM out.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

BACKDATED = timedelta(hours=2)
"""Clocks of API servers may be behind ours, by an hour where somebody took the wrong time zone."""


class Pair(NamedTuple):
    """A certificate and its private key, both PEM."""

    certificate: bytes
    key: bytes


def new_authority(name: str, now: datetime, lifetime: timedelta) -> Pair:
    """A self-signed authority that may sign serving certificates and no further authority. `now` has a time zone."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = _builder(subject, subject, key.public_key(), now - BACKDATED, now + lifetime)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
    return _pair(builder.sign(key, hashes.SHA256()), key)


def new_leaf(authority: Pair, names: tuple[str, ...], now: datetime, lifetime: timedelta) -> Pair:
    """A serving certificate for DNS names and IP addresses; it never outlives its authority.

    Go, so the API server, looks at subjectAltName only and never at a common name (requirement 59). Raises ValueError for an
    authority that has ended.
    """
    issuer = x509.load_pem_x509_certificate(authority.certificate)
    end = min(now + lifetime, issuer.not_valid_after_utc)
    if end <= now:
        raise ValueError(f"the authority ended at {issuer.not_valid_after_utc:%Y-%m-%d %H:%M} UTC")
    signer = load_pem_private_key(authority.key, password=None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key = ec.generate_private_key(ec.SECP256R1())
    start = max(now - BACKDATED, issuer.not_valid_before_utc)
    # An empty subject makes subjectAltName critical: there is no other name (RFC 5280 4.2.1.6).
    builder = _builder(x509.Name([]), issuer.subject, key.public_key(), start, end)
    builder = builder.add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=True)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage("digital_signature"), critical=True)
    builder = builder.add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    identifier = issuer.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    # While two authorities are trusted, this tells which of them signed.
    by_identifier = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier)
    builder = builder.add_extension(by_identifier, critical=False)
    return _pair(builder.sign(signer, hashes.SHA256()), key)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, start: datetime, end: datetime
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key)
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(start).not_valid_after(end)
    return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


_USAGES = (
    *("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"),
    *("key_cert_sign", "crl_sign", "encipher_only", "decipher_only"),
)


def _usage(*wanted: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{usage: usage in wanted for usage in _USAGES})


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pair(certificate.public_bytes(Encoding.PEM), private)
