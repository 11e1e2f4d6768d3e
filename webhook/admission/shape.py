"""Whether a pod is shaped like a Pod, where features read it and people mistype it; the API server sends no other, files may.

Only types are looked at: fields that the table does not know, newer Kubernetes' or misspelt, pass.
"""

from collections.abc import Callable, Iterator
from typing import Any

from webhook.admission.patch import escape
from webhook.admission.workloads import Workload
from webhook.errors import Malformed

Table = Any
"""A type, a list of one table, a dict of tables by key, MAP or QUANTITIES."""

MAP = "a map of strings to strings"
QUANTITIES = "a map of strings to quantities"
ITEMS_LIMIT = 5_000
"""Elements in one list: far beyond any real pod, and little work."""
CONTAINERS_LIMIT = 1_000
"""Each gets operations of its own: a body of many small ones would become an answer thirty times its size."""

_CONTAINER: dict[str, Table] = {
    "name": str,
    "image": str,
    "command": [str],
    "args": [str],
    "env": [{"name": str, "value": str, "valueFrom": {}}],
    "envFrom": [{}],
    "ports": [{"containerPort": int, "name": str}],
    "resources": {"limits": QUANTITIES, "requests": QUANTITIES},
    "securityContext": {
        "capabilities": {"add": [str], "drop": [str]},
        "privileged": bool,
        "runAsNonRoot": bool,
        "runAsUser": int,
    },
    "lifecycle": {"stopSignal": str},
    "livenessProbe": {
        "exec": {"command": [str]},
        "httpGet": {"host": str, "httpHeaders": [{"name": str, "value": str}], "path": str, "scheme": str},
        "timeoutSeconds": int,
    },
    "readinessProbe": {},
    "startupProbe": {},
    "restartPolicy": str,
    "terminationMessagePath": str,
    "volumeMounts": [{"name": str, "mountPath": str, "subPath": str, "readOnly": bool}],
    "workingDir": str,
}
_TERM: Table = {"matchExpressions": [{"key": str, "operator": str, "values": [str]}]}
_CLAIM = {"claimName": str, "readOnly": bool}
_SOURCES: Table = {"image": {"reference": str}, "hostPath": {}, "emptyDir": {}, "projected": {}, "persistentVolumeClaim": _CLAIM}
_POD: dict[str, Table] = {
    "metadata": {
        "name": str,
        "generateName": str,
        "namespace": str,
        "labels": MAP,
        "annotations": MAP,
        "ownerReferences": [{"kind": str, "name": str, "controller": bool}],
    },
    "spec": {
        "affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [_TERM]}}},
        "containers": [_CONTAINER],
        "initContainers": [_CONTAINER],
        "dnsPolicy": str,
        "hostAliases": [{"hostnames": [str]}],
        "hostIPC": bool,
        "hostNetwork": bool,
        "hostPID": bool,
        "hostUsers": bool,
        "imagePullSecrets": [{"name": str}],
        "nodeName": str,
        "nodeSelector": MAP,
        "os": {"name": str},
        "resources": {"limits": QUANTITIES, "requests": QUANTITIES},
        "restartPolicy": str,
        "runtimeClassName": str,
        "securityContext": {"runAsNonRoot": bool, "runAsUser": int},
        "serviceAccount": str,
        "serviceAccountName": str,
        "shareProcessNamespace": bool,
        "terminationGracePeriodSeconds": int,
        "tolerations": [{}],
        "volumes": [{"name": str, **_SOURCES}],
    },
}
_CLAIM_TEMPLATES: Table = {"spec": {"volumeClaimTemplates": [{"metadata": {"name": str}}]}}
_WORDS: dict[Any, str] = {str: "a string", bool: "true or false", int: "a whole number", dict: "a map", list: "a list"}


def large(spec: dict[str, Any]) -> bool:
    """Whether a list whose elements get operations may be longer than is read."""
    lengths = (len(spec.get(key) or ()) for key in ("containers", "initContainers", "volumes"))
    return any(length > CONTAINERS_LIMIT for length in lengths)


def check(pod: Any) -> None:
    """Raises Malformed with the path of the first thing that is of another type than Kubernetes has there."""
    if type(pod) is not dict:
        raise Malformed("/", _is_not(pod, dict))
    _check_map(pod, _POD, "")
    spec = pod.get("spec")
    if spec is None:
        raise Malformed("/spec", "is missing")
    if spec.get("containers") is None:
        raise Malformed("/spec/containers", "is missing or null; a pod has a list of containers")
    _check_names(spec)


def misshapen(workload: Workload) -> Iterator[Malformed]:
    """What keeps a pod from being made of it, and the metadata around the pod's own from being read for advice.

    The pointers lead from the whole object.
    """
    held: Any = workload.object
    path = ""
    for key in workload.path:
        # The metadata of any object is shaped like a pod's.
        yield from _faults(path, check, {"metadata": held.get("metadata"), "spec": {"containers": []}})
        path, held = f"{path}/{key}", held.get(key)
        if type(held) is not dict:
            yield Malformed(path, "is missing" if held is None else "is not a map")
            return
    yield from _faults(path, check, held)
    if workload.kind == "StatefulSet":
        yield from _faults("", _check_map, workload.object, _CLAIM_TEMPLATES, "")


def _faults(path: str, look: Callable[..., None], *given: Any) -> Iterator[Malformed]:
    try:
        look(*given)
    except Malformed as error:
        yield Malformed(path + error.path, error.sentence)


def _check_map(value: dict[str, Any], table: dict[str, Table], path: str) -> None:
    for key, expected in table.items():
        found = value.get(key)
        if found is None:
            continue
        if type(found) is not expected:
            _check(found, expected, f"{path}/{key}")


def _check(value: Any, expected: Table, path: str) -> None:
    if expected is MAP:
        _need(value, dict, path)
        for key, text in value.items():
            if type(text) is not str or type(key) is not str:
                raise Malformed(f"{path}/{escape(str(key))}", f"{_is_not(text, str)}; quote it")
    elif expected is QUANTITIES:
        _need(value, dict, path)
        for key, quantity in value.items():
            if type(quantity) not in (str, int, float):
                raise Malformed(f"{path}/{escape(str(key))}", f"{_is_not(quantity, str)}; write for example 500m or 64Mi")
    elif type(expected) is dict:
        _need(value, dict, path)
        _check_map(value, expected, path)
    elif type(expected) is list:
        _need(value, list, path)
        item = expected[0]
        limit = CONTAINERS_LIMIT if item is _CONTAINER else ITEMS_LIMIT
        if len(value) > limit:
            raise Malformed(path, f"has {len(value)} elements; at most {limit} are read")
        for i, element in enumerate(value):
            if type(element) is not item:
                _check(element, item, f"{path}/{i}")
    else:
        _need(value, expected, path)


def _check_names(spec: dict[str, Any]) -> None:
    """Names that a patch refers to must be there."""
    for path, items, keys in _referred(spec):
        for i, item in enumerate(items or ()):
            for key in keys:
                if item.get(key) is None:
                    raise Malformed(f"{path}/{i}/{key}", "is missing")


def _referred(spec: dict[str, Any]) -> Iterator[tuple[str, Any, tuple[str, ...]]]:
    yield "/spec/volumes", spec.get("volumes"), ("name",)
    for section in ("initContainers", "containers"):
        for i, container in enumerate(spec.get(section) or ()):
            if mounts := container.get("volumeMounts"):
                yield f"/spec/{section}/{i}/volumeMounts", mounts, ("name", "mountPath")


def _need(value: Any, expected: type, path: str) -> None:
    if type(value) is not expected:
        raise Malformed(path, _is_not(value, expected))


def _is_not(value: Any, expected: type) -> str:
    words = "null" if value is None else _WORDS.get(type(value), type(value).__name__)
    shown = f" ({str(value)[:40]!r})" if type(value) in (str, int, float, bool) else ""
    return f"is {words}{shown}, not {_WORDS[expected]}"
