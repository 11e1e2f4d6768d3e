"""The native sidecar of the main container: richpod's own image, no API token, and readiness that says whether it is online."""

from typing import Any

from webhook.admission.authorizer import TOKEN_MOUNT, URL, authorizer, environment
from webhook.admission.conflicts import meet
from webhook.admission.container import Container, every_container
from webhook.admission.context import Context
from webhook.admission.pod import Pod
from webhook.admission.resources import resources
from webhook.admission.toolkit import MOUNT, NO_TOKEN_MOUNT, NOTHING, RESTRICTED_SECURITY_CONTEXT
from webhook.images.program import escaped
from webhook.inpod.contract import (
    GATEWAY_OPTION,
    READY_ARGV,
    SIDECAR_ARGV,
    SIDECAR_CONTAINER,
    SIDECAR_PORT,
    STATE_OPTION,
    STATE_ROOT,
    STATE_VOLUME,
)
from webhook.policy.hooks import Asked

Json = dict[str, Any]


def add_sidecar(pod: Pod, container: Container, asked: Asked, context: Context) -> None:
    """Last of the init containers: it waits for nothing and nothing waits for it (trap 7)."""
    pod.add_volumes([NOTHING])
    if any(raw.get("name") == SIDECAR_CONTAINER for raw in pod.spec.get("initContainers") or ()):
        return
    folder = f"{STATE_ROOT}/{container.name}"
    mounts: list[Json] = [{"name": STATE_VOLUME, "mountPath": STATE_ROOT}, NO_TOKEN_MOUNT]
    command = [*SIDECAR_ARGV, STATE_OPTION, folder]
    probe: Json = {"httpGet": {"path": "/", "port": SIDECAR_PORT}}
    if meet("switch", pod.held) is not None or _is_taken(pod):
        command += ["--port", "0"]
        probe = {"exec": {"command": [*READY_ARGV, folder]}}
        mounts.append(MOUNT)
    if asked.check_url:
        command += ["--check", escaped(asked.check_url), "--successes", str(asked.successes)]
    if authorized := authorizer(pod) is not None:
        command += [GATEWAY_OPTION, URL]
        mounts.append(TOKEN_MOUNT)
    sidecar: Json = {
        "name": SIDECAR_CONTAINER,
        "image": context.policy.image.richpod,
        "restartPolicy": "Always",
        "command": command,
        "readinessProbe": {**probe, "periodSeconds": 1, "timeoutSeconds": 2, "failureThreshold": 3},
        "securityContext": RESTRICTED_SECURITY_CONTEXT,
        "volumeMounts": mounts,
    }
    if authorized:
        sidecar["env"] = environment(context)
    if stated := resources(pod.spec):
        sidecar["resources"] = stated
    pod.patch.append(pod.spec, "/spec", "initContainers", [sidecar])


def _is_taken(pod: Pod) -> bool:
    """Whether a container says that it listens on the sidecar's port."""
    ports = (port for container in every_container(pod.spec) for port in container.raw.get("ports") or ())
    return any(port.get("containerPort") == SIDECAR_PORT for port in ports)
