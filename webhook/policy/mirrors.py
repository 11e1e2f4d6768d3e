"""Mirrors of the policy: a source is the beginning of an image's full name, registry first, and its target stands in for it."""

import re
from collections.abc import Iterator, Mapping

from webhook.images.reference import plain
from webhook.policy.section import Contradiction

# As container runtimes tell a registry from a folder of Docker Hub; a colon without a port is the tag of an image.
_REGISTRY = re.compile(r"localhost|[^:]*\.[^:]*|[^:]+:[0-9]+")
_HUB = "docker.io/"


def unfit(mirrors: Mapping[str, str]) -> Iterator[Contradiction]:
    """Rules that would never match, or whose images would have no name at the mirror."""
    for source, target in mirrors.items():
        for sentence in (_never_matching(source), _unlike(source, target), _again(target, mirrors)):
            if sentence:
                yield Contradiction((source,), sentence)


def _never_matching(source: str) -> str:
    registry, slash, rest = source.partition("/")
    if not _REGISTRY.fullmatch(registry):
        full = f"{_HUB}{source}" if slash else f"{_HUB}library/{source}"
        return f"begins no image's full name, which has a registry; write {full}"
    if registry != plain(registry):
        return f"{registry} is {plain(registry)} in full names; write {plain(registry)}{slash}{rest}"
    # Without a tag it may be a folder: docker.io/shop begins docker.io/shop/web.
    if f"{registry}/" == _HUB and ":" in rest and "/" not in rest:
        return f"is {_HUB}library/{rest} in full; write that"
    return ""


def _unlike(source: str, target: str) -> str:
    if source.endswith("/") and not target.endswith("/"):
        return f"ends in / and its target does not; write {target}/ as the target"
    if target.endswith("/") and not source.endswith("/"):
        return f"its target ends in / and it does not; write {target.rstrip('/')} as the target"
    return ""


def _again(target: str, mirrors: Mapping[str, str]) -> str:
    source = next((source for source in mirrors if f"{target}/".startswith(f"{source.rstrip('/')}/")), None)
    return f"its target begins with {source!r} and would be rewritten again; name another target" if source else ""
