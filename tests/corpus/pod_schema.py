"""The official JSON schema of Pod, Kubernetes 1.37, unknown fields forbidden."""

import json
from collections import Counter
from functools import cache
from importlib.resources import files
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from referencing import Registry, Resource

_FOLDER = files("kubernetes_validate") / "kubernetes-json-schema" / "v1.37.0-local-strict"


def errors(pod: dict[str, Any]) -> Counter[str]:
    """What the schema says against a pod: field and sentence, without list indexes, which an inserted element shifts."""
    found: Counter[str] = Counter()
    for error in _validator().iter_errors(pod):
        field = "/".join("*" if isinstance(part, int) else str(part) for part in error.absolute_path)
        found[f"{field}: {error.message}"] += 1
    return found


@cache
def _validator() -> Draft202012Validator:
    pod, definitions = (json.loads((_FOLDER / name).read_text()) for name in ("pod-v1.json", "_definitions.json"))
    registry: Registry[Any] = Registry().with_resources((s["$id"], Resource.from_contents(s)) for s in (pod, definitions))
    return Draft202012Validator(pod, registry=registry)
