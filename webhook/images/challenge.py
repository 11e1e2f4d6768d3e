"""What a registry answers to whoever has not said who they are: a header WWW-Authenticate, read."""

import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from webhook.errors import BadImage
from webhook.printable import one_line

LONGEST = 4096
_TOKEN68 = r"[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$))"
_SCHEME = re.compile(rf"[\s,]*([A-Za-z0-9._~+-]+)(?:\s+(?:{_TOKEN68})?|(?=,)|$)(?!=)")
_PARAMETER = re.compile(r'\s*,?\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')


class Basic(NamedTuple):
    """Name and password with each call."""


class Bearer(NamedTuple):
    """A token of `realm`, an URL, for `service` and `scope`; "" where the registry names none."""

    realm: str
    service: str
    scope: str


def read(header: str, encrypted: bool) -> Basic | Bearer:
    """The first challenge that is understood; `encrypted`: whether the registry itself was called by https. Raises BadImage."""
    for scheme, parameters in _challenges(header[:LONGEST]):
        if scheme == "bearer" and "realm" in parameters:
            return Bearer(_realm(parameters["realm"], encrypted), parameters.get("service", ""), parameters.get("scope", ""))
        if scheme == "basic":
            return Basic()
    raise BadImage(f"the registry asks for credentials in a way that is not understood: {one_line(header)}")


def _realm(url: str, encrypted: bool) -> str:
    """A password goes there: never in clear where the registry was called encrypted, nor to where the URL only seems to lead."""
    try:
        parts = urlsplit(url)
        plain = parts.hostname and parts.username is None and not parts.fragment and url.isprintable() and " " not in url
        _ = parts.port
    except ValueError:
        plain = None
    if not plain or parts.scheme not in (("https",) if encrypted else ("https", "http")):
        raise BadImage(f"the registry's token server has no URL to send a password to: {one_line(url)}")
    return url


def _challenges(header: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Several may stand in one header, and commas stand between them and between the words of one."""
    at = 0
    while scheme := _SCHEME.match(header, at):
        at = scheme.end()
        parameters: dict[str, str] = {}
        while parameter := _PARAMETER.match(header, at):
            name, quoted, word = parameter.groups()
            parameters.setdefault(name.lower(), word if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
            at = parameter.end()
        yield scheme[1].lower(), parameters
