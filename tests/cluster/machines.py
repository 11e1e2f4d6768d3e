"""Pods whose first process is the systemd of their image."""

import json
from collections.abc import Mapping
from uuid import uuid4

from .processes import until
from .rich import Place


def new_namespace() -> str:
    """A name for a test module's own: a profile that mounts anything of the node lists its namespaces."""
    return f"machines-{uuid4().hex[:8]}"


def policy(namespace: str, features: Mapping[str, object] | None = None, **sections: object) -> str:
    """One profile `default` with `systemd` for the namespace; its pods have control groups of their own, of cgroup v1.

    `sections`: others of the policy, or in place of these.
    """
    default = {
        "features": {"init": "systemd", **(features or {})},
        "allow": ["hooks", "init", "lxcfs", "persist", "runtime", "services", "systemd"],
        "namespaces": [namespace],
    }
    image = {"prefix": "localhost", "tag": "test"}
    systemd = {"cgroup": "own-v1"}
    return json.dumps({"kubernetes": "1.36", "image": image, "systemd": systemd, "profiles": {"default": default}, **sections})


def running(box: Place, name: str) -> str:
    """What systemd says when it has booted."""
    until("the boot", lambda: state(box, name) in ("running", "degraded"), 180)
    return state(box, name)


def state(box: Place, name: str) -> str:
    return box.inside("sh", "-c", "systemctl is-system-running || :", name=name).strip()
