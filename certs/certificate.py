"""What is to be known of a certificate, and whether a pair may be used.

PEM in; the first certificate of a chain is the one that is meant. Time is an argument.
"""

from datetime import datetime
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from certs.authority import Pair


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
