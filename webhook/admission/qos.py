"""The QoS class that the kubelet will find (qos.ComputePodQOS): it names the folder of a pod's control groups."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from webhook.admission.container import every_container

Json = dict[str, Any]

_SUFFIXES = {
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate(("n", "u", "m", "", "k", "M", "G", "T", "P", "E"), -3)},
    **{suffix: Decimal(1024) ** power for power, suffix in enumerate(("Ki", "Mi", "Gi", "Ti", "Pi", "Ei"), 1)},
}


def quantity(text: Any) -> Decimal:
    """Of a resource.Quantity, as it stands in JSON: `100m`, `1.5Gi`, `1e3`, 2. What is none counts as 0: servers refuse it."""
    word = str(text)
    number = word.rstrip("numkMGTPEi")
    try:
        return Decimal(number) * _SUFFIXES[word[len(number) :]]
    except (ArithmeticError, KeyError):
        return Decimal(0)


def qos_class(spec: Json) -> str:
    """`Guaranteed`, `Burstable` or `BestEffort`: by cpu and memory of all containers, or of the pod where it states its own."""
    own = any((spec.get("resources") or {}).values())
    stated = [spec] if own else [container.raw for container in every_container(spec)]
    pairs = [pair for each in stated for pair in _pairs(each.get("resources") or {})]
    if not any(request or limit for request, limit in pairs):
        return "BestEffort"
    return "Guaranteed" if all(limit and request == limit for request, limit in pairs) else "Burstable"


def _pairs(resources: Json) -> Iterator[tuple[Decimal, Decimal]]:
    """Request and limit of cpu and memory, 0 where nothing is said; a request that is absent takes the limit (v1 defaulting)."""
    requests, limits = resources.get("requests") or {}, resources.get("limits") or {}
    for name in ("cpu", "memory"):
        limit = quantity(limits.get(name, 0))
        yield quantity(requests[name]) if name in requests else limit, limit
