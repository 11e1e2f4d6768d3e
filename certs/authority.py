"""Keys and certificates: an authority, serving certificates that it signs, and what is to be known of either.

Time is an argument, keys are fresh random ones. ECDSA P-256 with SHA-256: a handshake costs the server a fourteenth of
RSA-2048's signature. PEM in, PEM out; the first certificate of a chain is the one that is meant.
"""

from datetime import datetime, timedelta
from ipaddress import ip_address
from typing import NamedTuple, TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
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


def problem(pair: Pair, now: datetime) -> str:
    """Why a serving pair must not be used, "" where it may (requirements 59 and 62).

    One that is not valid yet may be: clocks differ, and whoever connects decides.
    """
    if sentence := _mismatch(pair):
        return sentence
    leaf = _read(pair.certificate)
    if leaf.not_valid_after_utc <= now:
        return f"the certificate ended at {leaf.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    if not names(pair.certificate):
        return "the certificate has no subjectAltName: the API server looks at nothing else"
    usages = _extension(leaf, x509.ExtendedKeyUsage)
    if usages and not {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE} & {*usages}:
        return "the certificate is not for servers: its extended key usage lacks serverAuth"
    return ""


def authority_problem(pair: Pair, now: datetime) -> str:
    """Why an authority cannot sign, "" where it can."""
    if sentence := _mismatch(pair):
        return sentence
    certificate = _read(pair.certificate)
    constraints = _extension(certificate, x509.BasicConstraints)
    identified = _extension(certificate, x509.SubjectKeyIdentifier)
    if not (constraints and constraints.ca and identified and isinstance(certificate.public_key(), ec.EllipticCurvePublicKey)):
        return "the certificate is no authority of ours"
    if certificate.not_valid_after_utc <= now:
        return f"the authority ended at {certificate.not_valid_after_utc:%Y-%m-%d %H:%M} UTC"
    return ""


def validity(certificate: bytes) -> tuple[datetime, datetime]:
    """Its first and last moment. Raises ValueError for what is no certificate, as all that follow."""
    read = _read(certificate)
    return read.not_valid_before_utc, read.not_valid_after_utc


def expiry(certificate: bytes) -> datetime:
    return validity(certificate)[1]


def names(certificate: bytes) -> frozenset[str]:
    """DNS names and IP addresses that it answers for."""
    found = _extension(_read(certificate), x509.SubjectAlternativeName)
    if not found:
        return frozenset()
    addresses = map(str, found.get_values_for_type(x509.IPAddress))
    return frozenset((*found.get_values_for_type(x509.DNSName), *addresses))


def subject(certificate: bytes) -> str:
    """For example `CN=richpod`."""
    return _read(certificate).subject.rfc4514_string()


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of its DER, hexadecimal."""
    return _read(certificate).fingerprint(hashes.SHA256()).hex()


def signed_by(certificate: bytes, authority: bytes) -> bool:
    """Whether this authority, and not only one of its name, signed it."""
    try:
        _read(certificate).verify_directly_issued_by(_read(authority))
    except (InvalidSignature, TypeError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def _read(text: bytes) -> x509.Certificate:
    try:
        found = x509.load_pem_x509_certificates(text)
    except x509.InvalidVersion as error:
        raise ValueError(str(error)) from None
    if len(found) != text.count(b"-----BEGIN CERTIFICATE"):
        raise ValueError("a chain that is cut off")
    return found[0]


def _mismatch(pair: Pair) -> str:
    """What keeps two PEM texts from being one pair; "" where they are one."""
    try:
        certificate = _read(pair.certificate)
        _extensions(certificate)
        public = certificate.public_key()
    except (ValueError, UnsupportedAlgorithm):
        return "the certificate cannot be read: it is no PEM, or half of one"
    try:
        same = load_pem_private_key(pair.key, password=None).public_key() == public
    except (TypeError, ValueError, UnsupportedAlgorithm):
        return "the key cannot be read: it is no PEM, half of one, or encrypted"
    return "" if same else "the key is not this certificate's"


_Extension = TypeVar("_Extension", bound=x509.ExtensionType)


def _extension(certificate: x509.Certificate, kind: type[_Extension]) -> _Extension | None:
    try:
        return _extensions(certificate).get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _extensions(certificate: x509.Certificate) -> x509.Extensions:
    """They are parsed as late as here. Raises ValueError."""
    try:
        return certificate.extensions
    except (x509.DuplicateExtension, x509.UnsupportedGeneralNameType) as error:
        raise ValueError(str(error)) from None


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
