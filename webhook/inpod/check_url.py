"""The URL of a check."""

import re
from typing import NamedTuple

URL_BYTES = 2000
"""So that a request fits into any socket at once."""
URL = re.compile(r"(https?)://(\[[0-9a-fA-F:.]+\]|[\w.-]*)(?::(\d{1,5}))?(/[!-\"$-~]*)?(?:#[!-~]*)?", re.ASCII)


class Target(NamedTuple):
    """Where to ask, on 127.0.0.1. The host is only said, to servers that have several names."""

    tls: bool
    host: str
    port: int
    path: str


def target(url: str) -> Target:
    """Raises ValueError with a sentence."""
    parts = URL.fullmatch(url) if len(url) <= URL_BYTES else None
    if not parts:
        raise ValueError(f"write a URL like http://:8080/healthz, of at most {URL_BYTES} characters")
    scheme, host, port, path = parts.groups()
    number = int(port or (443 if scheme == "https" else 80))
    if not 0 < number < 65536:
        raise ValueError(f"{number} is no port: write a number from 1 to 65535")
    return Target(scheme == "https", host or "localhost", number, path or "/")
