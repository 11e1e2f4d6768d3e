"""What the API server's validation demands of the parts that a webhook adds (requirement 23): an oracle for tests."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

Json = dict[str, Any]

_DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle")
_HANDLERS = ("exec", "httpGet", "tcpSocket", "grpc", "sleep")
ANNOTATIONS_LIMIT = 256 * 1024


def problems(pod: Json) -> list[str]:
    """One line for each rule a pod breaks."""
    return [*_metadata(pod.get("metadata") or {}), *_volumes(pod["spec"]), *_containers(pod["spec"])]


def _metadata(metadata: Json) -> Iterator[str]:
    annotations = metadata.get("annotations") or {}
    for key, value in annotations.items():
        if type(value) is not str:
            yield f"annotation {key} is not a string"
    if sum(len(key.encode()) + len(str(value).encode()) for key, value in annotations.items()) > ANNOTATIONS_LIMIT:
        yield "annotations are larger than 256 KiB"


def _volumes(spec: Json) -> Iterator[str]:
    names = [volume["name"] for volume in spec.get("volumes") or ()]
    yield from (f"volume {name} stands twice" for name in _twice(names))
    for volume in spec.get("volumes") or ():
        if not _DNS_LABEL.fullmatch(volume["name"]):
            yield f"volume {volume['name']} is not a DNS label"
        if len(volume) != 2:
            yield f"volume {volume['name']} has not exactly one source"


def _containers(spec: Json) -> Iterator[str]:
    ordinary = [c for c in spec.get("initContainers") or () if c.get("restartPolicy") != "Always"]
    every = [*(spec.get("initContainers") or ()), *spec["containers"]]
    volumes = {volume["name"] for volume in spec.get("volumes") or ()}
    yield from (f"container {name} stands twice" for name in _twice([c["name"] for c in every]))
    for container in every:
        name = container["name"]
        if not _DNS_LABEL.fullmatch(name):
            yield f"container {name} is not a DNS label"
        if not container.get("image"):
            yield f"container {name} has no image"
        mounts = container.get("volumeMounts") or ()
        yield from (f"container {name} mounts {m['name']}, which is no volume" for m in mounts if m["name"] not in volumes)
        yield from (f"container {name} mounts twice at {path}" for path in _twice([m["mountPath"] for m in mounts]))
        yield from (f"container {name}: mountPath {m['mountPath']}" for m in mounts if ":" in m["mountPath"])
        for hook in (container.get("lifecycle") or {}).values():
            if isinstance(hook, dict) and sum(handler in hook for handler in _HANDLERS) > 1:
                yield f"container {name} has a lifecycle hook with several handlers"
        if (probe := container.get("livenessProbe")) and sum(handler in probe for handler in _HANDLERS) != 1:
            yield f"container {name} has a livenessProbe with none or several handlers"
        if not all(type(word) is str for key in ("command", "args") for word in container.get(key) or ()):
            yield f"container {name}: argv is not all strings"
    for container in ordinary:
        yield from (f"init container {container['name']} has {key}" for key in _PROBES if key in container)
    ports = [p["hostPort"] for c in spec["containers"] for p in c.get("ports") or () if p.get("hostPort")]
    yield from (f"hostPort {port} stands twice" for port in _twice(ports))


def _twice(values: list[Any]) -> list[Any]:
    return [value for value, count in Counter(values).items() if count > 1]
