"""Where the pod is inside each kind of manifest, and the Pod that the API server will be asked to create from it."""

from collections.abc import Iterator
from typing import Any, NamedTuple

Json = dict[str, Any]

_TEMPLATE = ("spec", "template")
_PATHS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (),
    ("", "PodTemplate"): ("template",),
    ("", "ReplicationController"): _TEMPLATE,
    ("apps", "DaemonSet"): _TEMPLATE,
    ("apps", "Deployment"): _TEMPLATE,
    ("apps", "ReplicaSet"): _TEMPLATE,
    ("apps", "StatefulSet"): _TEMPLATE,
    ("batch", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
    ("batch", "Job"): _TEMPLATE,
    # the group of workloads before apps/v1: still in many repositories
    ("extensions", "DaemonSet"): _TEMPLATE,
    ("extensions", "Deployment"): _TEMPLATE,
    ("extensions", "ReplicaSet"): _TEMPLATE,
}
KINDS = frozenset(kind for _, kind in _PATHS)

# Who creates the pods: a Deployment's are made by a ReplicaSet, a CronJob's by a Job. A PodTemplate makes none.
_CONTROLLERS = {"Deployment": ("apps/v1", "ReplicaSet"), "CronJob": ("batch/v1", "Job")}


class Workload(NamedTuple):
    """An object that holds a pod: itself, the keys that lead to the pod's metadata and spec, and where it stands in a List."""

    object: Json
    path: tuple[str, ...]
    place: tuple[int, ...] = ()

    @property
    def kind(self) -> str:
        return str(self.object["kind"])

    @property
    def name(self) -> str:
        metadata = self.object.get("metadata") or {}
        return str(metadata.get("name") or metadata.get("generateName") or "")


def objects(document: Any, place: tuple[int, ...] = ()) -> Iterator[tuple[Json, tuple[int, ...]]]:
    """Every object of a document with its indices in Lists, which are flattened in order."""
    if not isinstance(document, dict):
        return
    kind, items = document.get("kind"), document.get("items")
    typed = isinstance(kind, str) and kind.endswith("List") and kind[:-4] in KINDS
    if not isinstance(items, list) or not (typed or kind == "List"):
        yield document, place
        return
    for i, item in enumerate(items):
        if typed and isinstance(item, dict):
            # Elements of such a list need not say what they are.
            item = {"apiVersion": document.get("apiVersion"), "kind": str(kind)[:-4], **item}
        yield from objects(item, (*place, i))


def workloads(document: Any, place: tuple[int, ...] = ()) -> Iterator[Workload]:
    """Every workload of a document; other kinds yield nothing."""
    for manifest, where in objects(document, place):
        kind, group = manifest.get("kind"), str(manifest.get("apiVersion")).rpartition("/")[0]
        path = _PATHS.get((group, kind)) if isinstance(kind, str) and isinstance(manifest.get("apiVersion"), str) else None
        if path is not None:
            yield Workload(manifest, path, where)


def template(workload: Workload) -> Any:
    """The part that holds the pod's metadata and spec; None where the manifest has none."""
    found: Any = workload.object
    for key in workload.path:
        found = found.get(key) if isinstance(found, dict) else None
    return found


def pod(workload: Workload, namespace: str) -> Json:
    """The Pod that a create request for this workload's pod carries (live facts: a controller's ownerReference, generateName).

    Of a StatefulSet's it is the first, with its claims (live facts: they come before the template's volumes).
    Only the outermost maps are new; what is below is shared with the manifest and must not be changed by the caller.
    """
    held = template(workload)
    if not workload.path:
        metadata = {**(held.get("metadata") or {}), "namespace": namespace}
        return {**held, "metadata": metadata}
    metadata = {k: v for k, v in (held.get("metadata") or {}).items() if k in ("labels", "annotations", "finalizers")}
    metadata |= {"generateName": f"{workload.name}-", "namespace": namespace}
    if workload.kind != "PodTemplate":
        api_version, kind = _CONTROLLERS.get(workload.kind, (workload.object["apiVersion"], workload.kind))
        owner = {"apiVersion": api_version, "kind": kind, "name": workload.name, "controller": True, "blockOwnerDeletion": True}
        metadata |= {"ownerReferences": [owner]}
    spec = held.get("spec")
    if workload.kind == "StatefulSet":
        metadata["name"] = f"{workload.name}-0"
        spec = _with_claims(spec, workload.object["spec"], metadata["name"])
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _with_claims(spec: Any, stateful: Json, pod_name: str) -> Any:
    """One of a template's name takes the place of the volume that has it, too: whoever looks finds the first."""
    templates = claim_templates(stateful)
    if not templates:
        return spec
    claims = [{"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{pod_name}"}} for name in templates]
    return {**spec, "volumes": [*claims, *(spec.get("volumes") or ())]}


def claim_templates(stateful: Json) -> list[str]:
    """Names in the spec of a StatefulSet."""
    templates = ((each.get("metadata") or {}).get("name") for each in stateful.get("volumeClaimTemplates") or ())
    return [name for name in templates if name]
