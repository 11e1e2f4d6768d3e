"""A bundle: the PEM text of several certificates that are trusted together, as a caBundle holds it."""

import re
from collections.abc import Iterable
from datetime import datetime

from certs.certificate import expiry, subject

_BLOCK = re.compile(rb"-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


def split(text: bytes) -> tuple[bytes, ...]:
    """Every readable certificate of a bundle, each PEM of its own; whatever else stands there is passed over."""
    blocks = _BLOCK.findall(text.replace(b"\r\n", b"\n"))
    return tuple(block + b"\n" for block in blocks if _readable(block))


def bundle(texts: Iterable[bytes], now: datetime) -> bytes:
    """One text of all certificates that have not ended, each once, in order; the same certificates give the same bytes."""
    found = dict.fromkeys(one for text in texts for one in split(text))
    return b"".join(one for one in found if expiry(one) > now)


def _readable(block: bytes) -> bool:
    try:
        expiry(block), subject(block)
    except ValueError:
        return False
    return True
