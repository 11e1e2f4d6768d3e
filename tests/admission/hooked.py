"""A pod with hooks, as the webhook makes it of a profile and of annotations."""

from typing import Any

from tests.reviews import context, patched, pod
from webhook.inpod.contract import LAUNCH, SIDECAR_CONTAINER

Json = dict[str, Any]


def policy(hooks: Json | None = None, **further: Any) -> Json:
    profile = {"features": {"init": "launch", "hooks": hooks or {}}, "allow": ["init", "hooks"], **further}
    return {"profiles": {"default": profile}}


def spec_of(hooks: Json | None = None, spec: Json | None = None, **annotations: str) -> Json:
    sent = pod(spec, {f"richpod.io/{key.replace('_', '-')}": value for key, value in annotations.items()})
    spec_after: Json = patched(sent, context(policy(hooks)))["spec"]
    return spec_after


def options(spec: Json) -> list[str]:
    """The words between the launcher and the application."""
    command: list[str] = spec["containers"][0]["command"]
    return command[command.index(LAUNCH) + 1 : command.index("--", command.index("--state") if "--state" in command else 0)]


def sidecar(spec: Json) -> Json:
    (found,) = [raw for raw in spec["initContainers"] if raw["name"] == SIDECAR_CONTAINER]
    return dict(found)


def two(**first: Any) -> Json:
    return {
        "containers": [
            {"name": "app", "image": "a:1", "command": ["/a"], **first},
            {"name": "log", "image": "l:1", "command": ["/l"]},
        ]
    }
