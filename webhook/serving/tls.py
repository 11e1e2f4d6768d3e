"""The TLS a caller meets."""

import ssl
from pathlib import Path

from webhook.errors import BadInput


def server_context(client_authorities: str = "") -> ssl.SSLContext:
    """TLS 1.2 and 1.3, ECDHE with AEAD only (requirement 60), without a certificate yet.

    `client_authorities`, PEM: only clients with a certificate from one of them get a connection (requirement 66).
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE+AESGCM:ECDHE+CHACHA20")
    context.set_alpn_protocols(["http/1.1"])
    if client_authorities:
        context.load_verify_locations(cadata=client_authorities)
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def client_authorities(file: Path) -> str:
    """What `server_context` takes. Raises BadInput for a file that holds no certificate."""
    try:
        text = file.read_text("ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_verify_locations(cadata=text)
    except (ssl.SSLError, ValueError):
        raise BadInput(f"{file}: holds no PEM certificate") from None
    except OSError as error:
        raise BadInput(f"{file}: {error.strerror}") from None
    return text
