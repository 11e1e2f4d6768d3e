"""A policy that gives a pod something of many features, and the body of a review."""

from typing import Any

import orjson

from tests.reviews import pod, review
from tests.strategies import NODE_VOLUME, RUNTIMES, VOLUMES

Json = dict[str, Any]

RICH: Json = {
    "runtimes": RUNTIMES,
    "volumes": VOLUMES | NODE_VOLUME,
    "mirrors": {"docker.io/": "m.example/"},
    "lxcfs": {"nodeSelector": {"b": "1", "a": "2"}},
    "profiles": {
        "default": {
            "features": {"init": "launch", "lxcfs": True, "mirrors": True, "volumes": ["data", "node"]},
            "allow": ["init", "lxcfs", "volumes", "runtime"],
            "namespaces": ["shop"],
        }
    },
}


def sent(changes: Json | None = None) -> bytes:
    return orjson.dumps(review(pod(), **(changes or {})))
