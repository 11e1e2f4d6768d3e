"""The TLS the API server meets."""

import ssl
from pathlib import Path

from webhook.errors import BadInput


def tls_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """TLS 1.2 and 1.3, ECDHE with AEAD only (requirement 60). Raises BadInput for a pair that does not work, and says why."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_alpn_protocols(["http/1.1"])
    try:
        # The empty password keeps OpenSSL from asking a terminal for one.
        context.load_cert_chain(certificate, key, password="")
    except OSError as error:
        raise BadInput(_why(certificate, key, error)) from None
    return context


def _why(certificate: Path, key: Path, error: OSError) -> str:
    """OpenSSL says no more than that it failed, and not at which file."""
    for file, words in ((certificate, b"-----BEGIN CERTIFICATE-----"), (key, b"PRIVATE KEY-----")):
        try:
            content = file.read_bytes()
        except OSError as unreadable:
            return f"{file}: {unreadable.strerror}"
        if words not in content:
            return f"{file}: holds no PEM {'certificate' if file is certificate else 'private key'}"
        if b"ENCRYPTED" in content:
            return f"{file}: is locked with a password; write the key without one"
    if isinstance(error, ssl.SSLError) and error.reason == "KEY_VALUES_MISMATCH":
        return f"{key}: is not the key of the certificate in {certificate}"
    return f"{certificate}, {key}: {error.strerror}"
