"""Names of images, read as container runtimes read them (the grammar of distribution/reference)."""

import re
from typing import NamedTuple

from webhook.errors import BadImage
from webhook.printable import one_line

DOCKER_HUB = "docker.io"
_ALIASES = {f"index.{DOCKER_HUB}": DOCKER_HUB, f"registry-1.{DOCKER_HUB}": DOCKER_HUB}
_PART = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY = re.compile(rf"(?:{_PART}(?:\.{_PART})*|\[[0-9a-fA-F:]+\])(?::[0-9]{{1,5}})?")
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"\w[\w.-]{0,127}", re.ASCII)
DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")
_LONGEST = 255
"""Characters of registry and repository together."""


class Reference(NamedTuple):
    """`registry` is plain; `tag` or `digest` may be "", not both; where both are there, the digest counts."""

    registry: str
    repository: str
    tag: str
    digest: str

    def __str__(self) -> str:
        name = f"{self.registry}/{self.repository}"
        return name + (f":{self.tag}" if self.tag else "") + (f"@{self.digest}" if self.digest else "")

    @property
    def wanted(self) -> str:
        """What a registry is asked for."""
        return self.digest or self.tag


def parse(text: str) -> Reference:
    """The full name of an image as a pod writes it. Raises BadImage."""
    _, at, digest = text.partition("@")
    if at and not DIGEST.fullmatch(digest):
        raise _bad(text, "its digest is not sha256: or sha512: and hexadecimal digits")
    name, tag = _split(text)
    if tag is not None and not _TAG.fullmatch(tag):
        raise _bad(text, "its tag is not made of letters, digits, `_`, `.` and `-`, 128 at most")
    registry, repository = placed(name)
    if len(registry) + 1 + len(repository) > _LONGEST:
        raise _bad(text, f"it is longer than {_LONGEST} characters")
    if not _REGISTRY.fullmatch(registry):
        raise _bad(text, "what stands before the first / is no host")
    if not _REPOSITORY.fullmatch(repository):
        raise _bad(text, "its path is not made of lower-case words, joined by / . _ or -")
    return Reference(registry, repository, tag or ("" if digest else "latest"), digest)


def placed(text: str) -> tuple[str, str]:
    """Registry and all that follows: the first part is a registry if it looks like one, else a folder of Docker Hub."""
    first, slash, rest = text.partition("/")
    registry, rest = (plain(first), rest) if slash and _is_host(first) else (DOCKER_HUB, text)
    return registry, f"library/{rest}" if registry == DOCKER_HUB and "/" not in rest else rest


def plain(registry: str) -> str:
    """A registry as full names have it: in lower case, without the port that is understood, Docker Hub by one name."""
    found = registry.lower().removesuffix(":443")
    return _ALIASES.get(found, found) if _is_host(found) else registry


def _is_host(first: str) -> bool:
    return first == "localhost" or any(mark in first for mark in ".:") or first != first.lower()


def api_host(registry: str) -> str:
    """Where its API is."""
    return "registry-1.docker.io" if registry == DOCKER_HUB else registry


def untagged(text: str) -> str:
    """An image's name as it is written, without tag and digest."""
    return _split(text)[0]


def _split(text: str) -> tuple[str, str | None]:
    """Name and tag; a colon before a slash belongs to a port."""
    name = text.partition("@")[0]
    head, colon, last = name.rpartition(":")
    return (head, last) if colon and "/" not in last else (name, None)


def _bad(text: str, why: str) -> BadImage:
    return BadImage(f"{one_line(text)} is no name of an image: {why}")
