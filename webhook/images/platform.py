"""For which machines an image is, and on which machines a pod may run."""

from collections.abc import Callable, Collection, Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]
Allowed = Callable[["Platform"], bool]
"""Whether a pod may run on it."""

_ALIASES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "armel": "arm", "i386": "386"}
_KEYS = ("kubernetes.io/arch", "beta.kubernetes.io/arch")
"""Labels by which a node says its architecture; values are Go's names."""


class Platform(NamedTuple):
    """As OCI's indexes write it."""

    os: str
    architecture: str
    variant: str = ""

    @property
    def normal(self) -> "Platform":
        """As containerd compares it (containerd/platforms database.go)."""
        architecture = _ALIASES.get(self.architecture.lower(), self.architecture.lower())
        variant = self.variant.lower()
        if (architecture, variant) in (("arm64", "v8"), ("arm64", "8"), ("amd64", "v1")):
            variant = ""
        elif architecture == "arm":
            variant = {"": "v7", "5": "v5", "6": "v6", "7": "v7", "8": "v8"}.get(variant, variant)
        return Platform(self.os.lower(), architecture, variant)


def allowed(spec: Json) -> Allowed:
    """Of a pod for Linux: whether one of its nodes may be of a platform, by nodeSelector and required node affinity."""
    selector = spec.get("nodeSelector") or {}
    chosen = [_is_in([selector[key]]) for key in _KEYS if key in selector]
    required = ((spec.get("affinity") or {}).get("nodeAffinity") or {}).get(
        "requiredDuringSchedulingIgnoredDuringExecution"
    ) or {}
    terms = [list(_expressions(term)) for term in required.get("nodeSelectorTerms") or ()]

    def fits(platform: Platform) -> bool:
        os, architecture, _ = platform.normal
        by_affinity = not terms or any(all(holds(architecture) for holds in term) for term in terms)
        return os == "linux" and all(holds(architecture) for holds in chosen) and by_affinity

    return fits


def of_linux(architectures: Collection[str]) -> Allowed:
    """Of machines that run Linux and have one of these architectures."""
    return lambda platform: platform.os == "linux" and platform.architecture in architectures


def _expressions(term: Json) -> Iterator[Callable[[str], bool]]:
    """Those that speak of the architecture: of any other label a pod does not tell."""
    for expression in term.get("matchExpressions") or ():
        if expression.get("key") in _KEYS:
            values = expression.get("values") or ()
            match expression.get("operator"):
                case "In":
                    yield _is_in(values)
                case "NotIn":
                    yield _is_not_in(values)
                case "DoesNotExist":
                    yield _is_in(())


def _is_in(values: Any) -> Callable[[str], bool]:
    return frozenset(values).__contains__


def _is_not_in(values: Any) -> Callable[[str], bool]:
    unwanted = frozenset(values)
    return lambda architecture: architecture not in unwanted
