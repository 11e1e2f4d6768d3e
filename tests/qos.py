"""The QoS class that the API server will compute for a pod, once and for all, when it is created."""

from fractions import Fraction
from typing import Any

Json = dict[str, Any]


def qos_class(pod: Json) -> str:
    """Guaranteed, Burstable or BestEffort; pod-level resources decide where they are given."""
    spec = pod["spec"]
    levels = [spec] if any((spec.get("resources") or {}).values()) else [*(spec.get("initContainers") or ()), *spec["containers"]]
    given = [_amounts(holder.get("resources") or {}) for holder in levels]
    if not any(limits or requests for limits, requests in given):
        return "BestEffort"
    if all(set(limits) == {"cpu", "memory"} and requests == limits for limits, requests in given):
        return "Guaranteed"
    return "Burstable"


def _amounts(resources: Json) -> tuple[Json, Json]:
    """Limits and requests of cpu and memory; a request that is absent is the limit, and zero is nothing."""
    limits = {k: _amount(v) for k, v in (resources.get("limits") or {}).items() if k in ("cpu", "memory") and _amount(v)}
    requests = {k: _amount(v) for k, v in (resources.get("requests") or {}).items() if k in ("cpu", "memory")}
    requests = {k: v for k, v in {**limits, **requests}.items() if v}
    return limits, requests


_BINARY = {f"{letter}i": 1024**power for power, letter in enumerate("KMGTPE", 1)}
_DECIMAL = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "m": Fraction(1, 1000)}


def _amount(quantity: Any) -> Fraction:
    text = str(quantity)
    suffix = next(s for s in ({**_BINARY, **_DECIMAL}) if s and text.endswith(s)) if text[-1].isalpha() else ""
    return Fraction(text.removesuffix(suffix)) * {**_BINARY, **_DECIMAL}[suffix]
