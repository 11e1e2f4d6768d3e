"""The authorizer: the first init container, which waits until the gateway has granted what the pod asks for.

It and the sidecar alone have the token that the gateway takes, and the authorities that the gateway's certificate may be of.
"""

import re
from posixpath import split
from typing import Any

from webhook.admission.context import Context
from webhook.admission.pod import Pod
from webhook.admission.resources import resources
from webhook.admission.toolkit import NO_TOKEN_MOUNT, NOTHING, RESTRICTED_SECURITY_CONTEXT
from webhook.inpod.contract import (
    APPLICATION_OPTION,
    AUTHORITY_VARIABLE,
    AUTHORIZE_LABEL,
    AUTHORIZER_ARGV,
    AUTHORIZER_CONTAINER,
    GATEWAY_AUDIENCE,
    GATEWAY_OPTION,
    GATEWAY_TOKEN,
    GATEWAY_TOKEN_VOLUME,
    GRANT_OPTION,
    WAIT_OPTION,
)
from webhook.installation import GATEWAY_HOST

Json = dict[str, Any]

FOLDER, FILE = split(GATEWAY_TOKEN)
# The kubelet brings another in time.
TOKEN: Json = {"audience": GATEWAY_AUDIENCE, "expirationSeconds": 3600, "path": FILE}
TOKEN_VOLUME: Json = {"name": GATEWAY_TOKEN_VOLUME, "projected": {"sources": [{"serviceAccountToken": TOKEN}]}}
TOKEN_MOUNT: Json = {"name": GATEWAY_TOKEN_VOLUME, "mountPath": FOLDER, "readOnly": True}

URL = f"https://{GATEWAY_HOST}/authorize"
MESSAGE = "/dev/termination-log"
"""The API server's default. Another file for the message would be laid over one of the program's."""
_FILLED_IN = {"terminationMessagePath": MESSAGE, "terminationMessagePolicy": "File"}
_FREE = ("imagePullPolicy", "resources")
"""What others may change: nothing that runs or is trusted depends on it."""
_PEM = re.compile("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----")


def command(application: str, grants: tuple[str, ...], context: Context) -> list[str]:
    """The gateway reads from it what the pod asks for."""
    words = [*AUTHORIZER_ARGV, GATEWAY_OPTION, URL, WAIT_OPTION, str(context.policy.gateway.wait)]
    return [*words, APPLICATION_OPTION, application, *(word for name in grants for word in (GRANT_OPTION, name))]


def authorizer(pod: Pod) -> Json | None:
    """Whatever the pod has under the name."""
    return next((raw for raw in pod.spec.get("initContainers") or () if raw.get("name") == AUTHORIZER_CONTAINER), None)


def add_authorizer(pod: Pod, words: list[str], context: Context) -> None:
    """First of all containers, with the label by which the gateway watches the pod."""
    pod.label(AUTHORIZE_LABEL, "true")
    pod.add_volumes([TOKEN_VOLUME, NOTHING])
    container = {**_container(words, context), "env": environment(context)}
    if stated := resources(pod.spec):
        container["resources"] = stated
    pod.add_init_container_first(container)


def environment(context: Context) -> list[Json]:
    """What the gateway is known by."""
    return [{"name": AUTHORITY_VARIABLE, "value": context.authority}]


def is_ours(found: Json, words: list[str], context: Context) -> bool:
    """Whether a container is what would be written, but for what the API server fills in, and for the authorities' age."""
    rest = {key: value for key, value in found.items() if key not in _FREE and _FILLED_IN.get(key) != value}
    return _trusts_nobody_else(rest.pop("env", None), context) and rest == _container(words, context)


def _trusts_nobody_else(env: Any, context: Context) -> bool:
    """Some of the authorities may have gone or come since; a pod that trusts a stranger's would take a stranger's word."""
    value = env[0].get("value") if isinstance(env, list) and len(env) == 1 else None
    if type(value) is not str or env != [{"name": AUTHORITY_VARIABLE, "value": value}]:
        return False
    known = frozenset(_PEM.findall(context.authority))
    # OpenSSL takes other words for a certificate, too.
    return not known or (known.issuperset(_PEM.findall(value)) and not _PEM.sub("", value).strip())


def _container(words: list[str], context: Context) -> Json:
    """Without what may differ."""
    return {
        "name": AUTHORIZER_CONTAINER,
        "image": context.policy.image.richpod,
        "command": words,
        "securityContext": RESTRICTED_SECURITY_CONTEXT,
        "volumeMounts": [TOKEN_MOUNT, NO_TOKEN_MOUNT],
    }
