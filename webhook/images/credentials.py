"""Names and passwords for registries, found as the kubelet finds them (k8s.io/kubernetes pkg/credentialprovider)."""

import base64
import binascii
from fnmatch import fnmatchcase
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from webhook.errors import BadImage
from webhook.images.document import document
from webhook.images.reference import DOCKER_HUB, Reference
from webhook.printable import one_line

MOST = 250
"""Entries of one file. Every pod may bring 20 of them, and each entry is compared with each of the pod's images."""
LONGEST = 300
"""Characters of an entry's place: a pattern of a Secret's size would keep us busy for seconds."""
LONGEST_CREDENTIAL = 8 << 10
"""Characters of a name and a password: they go into a header, and are kept with all that they opened."""
_HUB_KEY = f"index.{DOCKER_HUB}"


_HELPERS = ("credsStore", "credHelpers")
"""Keys under which Docker names programs that keep passwords."""


class Credential(NamedTuple):
    """Never printed."""

    username: str
    password: str

    def __repr__(self) -> str:
        return "Credential(…)"


class Keyring(NamedTuple):
    """`entries`: host with port, path and credential, in the order in which the kubelet tries them; `unread` names registries."""

    entries: tuple[tuple[str, str, Credential], ...]
    unread: tuple[str, ...] = ()

    def matching(self, image: Reference) -> list[Credential]:
        """All that fit, the nearest first: the kubelet tries one after the other."""
        path = f"/{image.repository}"
        found = [one for host, prefix, one in self.entries if _fits(host, image.registry) and path.startswith(prefix)]
        if not found and image.registry == DOCKER_HUB:
            found = [one for host, prefix, one in self.entries if host == _HUB_KEY and not prefix]
        return found


def read(text: bytes) -> Keyring:
    """Of a `config.json` of Docker's, which Secrets hold as `.dockerconfigjson`, or an older `.dockercfg`.

    Entries that cannot be read are left out one by one. Raises BadImage where it is no such file; no message quotes it.
    """
    said = document(text, "the file of credentials")
    helpers = [key for key in _HELPERS if said.get(key)]
    held = said.get("auths", {} if helpers else said)
    if not isinstance(held, dict):
        raise BadImage("the file of credentials holds no map `auths`")
    if helpers and not held:
        raise BadImage(f"the file of credentials holds no password, but leaves them to programs ({', '.join(helpers)})")
    if len(held) > MOST:
        raise BadImage(f"the file of credentials holds more than {MOST} entries")
    entries, unread = [], []
    for key, entry in held.items():
        try:
            place, one = _place(key), _credential(entry)
            if len(one.username) + len(one.password) > LONGEST_CREDENTIAL:
                raise ValueError("too long")
            entries.append((*place, one))
        except ValueError:
            # Where somebody wrote them into the URL, name and password stand before the host.
            unread.append(one_line(key.rpartition("@")[2]))
    entries.sort(key=lambda entry: f"{entry[0]}{entry[1]}", reverse=True)
    return Keyring(tuple(entries), tuple(unread))


def _place(key: str) -> tuple[str, str]:
    """Host and path; `https://HOST/v1/` is how Docker once wrote a host."""
    parts = urlsplit(key if key.startswith(("https://", "http://")) else f"https://{key}")
    path = parts.path[3:] if parts.path.startswith(("/v1/", "/v2/")) else parts.path
    if not parts.netloc or "@" in parts.netloc or len(key) > LONGEST:
        raise ValueError("no host")
    return parts.netloc, "" if path == "/" else path


def _fits(pattern: str, registry: str) -> bool:
    """Part by part of the name: `*.example` is no pattern for `a.b.example`. Ports are the same or both left out."""
    (host, _, port), (name, _, own) = pattern.partition(":"), registry.partition(":")
    parts, names = host.split("."), name.split(".")
    return port == own and len(parts) == len(names) and all(map(fnmatchcase, names, parts))


def _credential(entry: Any) -> Credential:
    """`auth` holds both, and wins. Raises ValueError."""
    if not isinstance(entry, dict):
        raise ValueError("no map")
    auth = entry.get("auth")
    if auth:
        try:
            username, colon, password = base64.b64decode(auth + "=" * (-len(auth) % 4), validate=True).decode().partition(":")
        except (TypeError, binascii.Error) as error:
            raise ValueError("no base64") from error
        if not colon:
            raise ValueError("no colon")
        # Docker once padded it with NUL.
        return Credential(username, password.rstrip("\x00"))
    said = entry.get("username"), entry.get("password")
    if not isinstance(said[0], str) or not isinstance(said[1], str):
        raise ValueError("no username and password")
    return Credential(said[0], said[1])
