"""Pods whose first process is the systemd of their image."""

import json
from collections.abc import Mapping
from uuid import uuid4

from .processes import until
from .rich import Place

NAMESPACE = f"machines-{uuid4().hex[:8]}"
"""A profile that mounts anything of the node lists its namespaces."""


def policy(features: Mapping[str, object] | None = None, **sections: object) -> str:
    """One profile `default` with `systemd` for NAMESPACE; its pods have control groups of their own, of cgroup v1."""
    default = {
        "features": {"init": "systemd", **(features or {})},
        "allow": ["hooks", "init", "lxcfs", "systemd"],
        "namespaces": [NAMESPACE],
    }
    image = {"prefix": "localhost", "tag": "test"}
    whole = {"kubernetes": "1.36", "image": image, "systemd": {"cgroup": "own-v1"}, "profiles": {"default": default}}
    return json.dumps({**whole, **sections})


def running(box: Place, name: str) -> str:
    """What systemd says when it has booted."""
    until("the boot", lambda: state(box, name) in ("running", "degraded"), 60)
    return state(box, name)


def state(box: Place, name: str) -> str:
    return box.inside("sh", "-c", "systemctl is-system-running || :", name=name).strip()
