"""A liveness probe of the kubelet's as richpod's own program asks it, which also counts an attached debugger as alive.

Only an httpGet is one that the program can ask in the kubelet's place, and only where it asks exactly the same.
"""

import re
from typing import Any

from webhook.admission.container import Container
from webhook.errors import BadValue
from webhook.images.program import escaped
from webhook.inpod.contract import DEBUG_PORT, PROBE

Json = dict[str, Any]

# What the kubelet sends as it is written; it encodes all else in a way of its own.
_PATH = re.compile(r"/(?!/)(?:[A-Za-z0-9/._~!$&'()*+,;=:@?-]|%[0-9A-Fa-f]{2})*|/?")
_NAME = re.compile(r"[!#$%&'*+.^_`|~A-Za-z0-9-]+")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]*")
MOST_HEADERS = 64
LONGEST_SECONDS = 86_400
SPARE_MILLISECONDS = 250
"""For the runtime to start the program, within the time that the kubelet gives it: then it can say what is wrong."""


def is_ours(probe: Json) -> bool:
    command: list[str] = (probe.get("exec") or {}).get("command") or []
    return command[:1] == [PROBE]


def rewritten(container: Container, probe: Json) -> Json:
    """The probe with an exec in place of its httpGet and all else as it was. Raises BadValue with why it must stay as it is."""
    get = probe.get("httpGet")
    if get is None:
        kind = next((kind for kind in ("exec", "tcpSocket", "grpc") if probe.get(kind) is not None), "nothing")
        raise BadValue(f"it is {kind}, and no httpGet")
    seconds = min(probe.get("timeoutSeconds") or 1, LONGEST_SECONDS)
    command = [PROBE, "--port", str(_port(container, get)), *_request(get)]
    command += ["--timeout-ms", str(seconds * 1000 - SPARE_MILLISECONDS), "--debugger", str(DEBUG_PORT)]
    # The kubelet expands $(NAME) in the words of an exec, and in no httpGet.
    action = {"exec": {"command": list(map(escaped, command))}}
    return {**{key: value for key, value in probe.items() if key != "httpGet"}, **action}


def _port(container: Container, get: Json) -> int:
    port = get.get("port")
    if type(port) is str and port.isascii() and port.isdecimal() and len(port) < 6:
        port = int(port)
    if type(port) is str:
        named = (each for each in container.raw.get("ports") or () if each.get("name") == port)
        port = next((each.get("containerPort") for each in named), None)
    if type(port) is not int or not 0 < port < 65536:
        raise BadValue("its port is none, or has a name that no port of the container has")
    return port


def _request(get: Json) -> list[str]:
    path, headers = get.get("path") or "/", get.get("httpHeaders") or []
    if (get.get("scheme") or "HTTP") != "HTTP":
        raise BadValue(f"it asks by {get['scheme']}")
    if get.get("host"):
        raise BadValue("it asks another host than the pod")
    if not _PATH.fullmatch(path):
        raise BadValue("its path holds what has to be written as %XX, or does not begin with one /")
    pairs = [(header.get("name") or "", header.get("value") or "") for header in headers]
    if len(pairs) > MOST_HEADERS or not all(_NAME.fullmatch(name) and _VALUE.fullmatch(value) for name, value in pairs):
        raise BadValue("its headers are too many, or none that HTTP knows")
    return ["--path", path, *(word for name, value in pairs for word in ("--header", f"{name}: {value}"))]
