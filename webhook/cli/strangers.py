"""What holds a pod and is no workload we know: its pods get nothing, and whoever wrote it should hear so."""

from collections import Counter
from typing import Any

from webhook.admission.workloads import KINDS, Workload, template, workloads
from webhook.cli.documents import File
from webhook.cli.objects import objects
from webhook.nearest import nearest

Json = dict[str, Any]


def strangers(files: list[File]) -> list[str]:
    """A sentence about each object that names a wrong type, and one about all kinds that may be somebody else's."""
    notes = []
    unknown: Counter[str] = Counter()
    for document, manifest, _ in objects(files):
        if any(workloads(manifest)) or not (manifest.get("kind") in [*KINDS] or _holds_pod(manifest)):
            continue
        if wrong := _wrong_type(manifest):
            notes.append(f"{manifest.get('kind') or 'an object that holds a pod'} ({document}): {wrong}; left as it is")
        else:
            unknown[_kind(manifest)] += 1
    return notes + _unknown_kinds(unknown)


_TEMPLATES = ((), ("template",), ("spec", "template"), ("spec", "jobTemplate", "spec", "template"))


def _holds_pod(manifest: Json) -> bool:
    """At one of the places where Kubernetes' own kinds hold theirs."""
    specs = (found.get("spec") for path in _TEMPLATES if isinstance(found := template(Workload(manifest, path)), dict))
    return any(isinstance(spec, dict) and isinstance(spec.get("containers"), list) for spec in specs)


def _wrong_type(manifest: Json) -> str:
    """What is wrong with the type that an object names; "" where it may be somebody else's."""
    kind, version = manifest.get("kind"), manifest.get("apiVersion")
    for key, value in (("kind", kind), ("apiVersion", version)):
        if not isinstance(value, str):
            return f"{key} is missing" if value is None else f"{key} is no string"
    return f"apiVersion {version} has no such workload" if kind in KINDS and not _foreign(str(version)) else ""


def _foreign(version: str) -> bool:
    """Only the API groups of Kubernetes itself that hold workloads have no dot in their names."""
    return "." in version.rpartition("/")[0]


def _kind(manifest: Json) -> str:
    kind, version = manifest["kind"], manifest["apiVersion"]
    return f"{kind} ({version}{'' if _foreign(version) else nearest(kind, KINDS)})"


def _unknown_kinds(unknown: Counter[str]) -> list[str]:
    count, names = unknown.total(), ", ".join(unknown)
    if count == 1:
        return [f"1 object of a kind that richpod does not know passes through: {names}"]
    return [f"{count} objects of kinds that richpod does not know pass through: {names}"] if count else []
