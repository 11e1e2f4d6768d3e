"""Which certificate every replica serves: asked of each by a handshake, so that no permission on pods is needed."""

import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from webhook.installation import ADMISSION_PORT, NAMESPACE, REPLICAS_SERVICE, SERVER_NAMES

TIMEOUT = 3
"""Seconds for a connection, and again for its handshake."""
PARALLEL = 16

Address = tuple[str, int]


def replicas(host: str = f"{REPLICAS_SERVICE}.{NAMESPACE}.svc", port: int = ADMISSION_PORT) -> frozenset[Address] | None:
    """Every address of the headless Service, IPv4 and IPv6, none where it has none; None where DNS does not answer."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        return frozenset() if error.errno in (socket.EAI_NONAME, socket.EAI_NODATA) else None
    return frozenset((str(address[0]), port) for *_, address in found)


def served(addresses: Iterable[Address] | None) -> frozenset[bytes] | None:
    """Their certificates, PEM, b"" of one that has none yet; None where one does not tell: it may serve any."""
    if addresses is None:
        return None
    with ThreadPoolExecutor(PARALLEL) as threads:
        found = frozenset(threads.map(_certificate, addresses))
    known = frozenset(one for one in found if one is not None)
    return known if known == found else None


def _certificate(address: Address) -> bytes | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # What it serves is the question; whether that is right is the plan's to judge.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection(address, TIMEOUT) as connection,
            context.wrap_socket(connection, server_hostname=SERVER_NAMES[0]) as secured,
        ):
            found = secured.getpeercert(binary_form=True)
            return ssl.DER_cert_to_PEM_cert(found).encode() if found else b""
    except (ConnectionRefusedError, ssl.SSLError):
        return b""
    except OSError:
        return None
