"""What only the whole object shows: words that stand where no pod sees them, and addresses that replicas would share."""

import re
from collections.abc import Iterator, Mapping
from math import ceil
from typing import Any

from webhook.admission.annotations import ANNOTATIONS
from webhook.admission.entries import INJECT, PROFILE
from webhook.admission.features import fixed_ip
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import Workload, template
from webhook.cli.documents import dotted
from webhook.errors import nearest
from webhook.inpod.contract import PREFIX

Json = dict[str, Any]


def advice(workload: Workload, verdicts: list[Verdict]) -> list[Verdict]:
    """Verdicts to add to those of the workload's pod."""
    found = list(_of_pod(workload))
    if workload.path:
        found += _misplaced(workload, ("metadata",))
    if workload.kind == "CronJob":
        found += _misplaced(workload, ("spec", "jobTemplate", "metadata"))
    if any(verdict.feature == "fixed-ip" and verdict.outcome == "applied" for verdict in verdicts):
        found += _crowded(workload)
    return found


def namespace_advice(metadata: Json) -> list[str]:
    """Sentences about the annotations and labels of a Namespace."""
    found = [f"{key} is a label, not an annotation" for key in (INJECT, PROFILE) if key in (metadata.get("annotations") or ())]
    labels = metadata.get("labels") or {}
    found += [f"{key} is an annotation of pods, not a label of namespaces" for key in _features(labels)]
    if labels.get(INJECT, "true") not in ("true", "false"):
        found.append(f'{INJECT} is "{labels[INJECT]}": write "true" or "false"')
    return found


def _of_pod(workload: Workload) -> Iterator[Verdict]:
    metadata = template(workload).get("metadata") or {}
    labels = metadata.get("labels") or {}
    at = dotted((*workload.path, "metadata"))
    if PROFILE in labels:
        yield _wrong_place(f"{PROFILE} is a label of namespaces: no pod chooses its profile", "move it to the Namespace")
    for key in _features(labels):
        yield _wrong_place(f"{key} is an annotation, not a label", f"move it to {at}.annotations")
    if labels.get(INJECT, "true") not in ("true", "false"):
        yield _wrong_place(f"the pod's label {INJECT} is neither true nor false", f'{INJECT}: "true"')


def _misplaced(workload: Workload, place: tuple[str, ...]) -> Iterator[Verdict]:
    """Annotations and labels of the object itself: its pods get those of the template only."""
    metadata: Any = workload.object
    for key in place:
        metadata = metadata.get(key) or {} if isinstance(metadata, dict) else {}
    right = dotted((*workload.path, "metadata"))
    for key in metadata.get("annotations") or ():
        name = key.removeprefix(PREFIX)
        if name == key or name == "status":
            continue
        if key in (INJECT, PROFILE):
            yield _wrong_place(f"{key} is a label, not an annotation", "move it to the Namespace's labels")
        elif name in ANNOTATIONS:
            yield _wrong_place(f"the annotation {key} of a {workload.kind} reaches no pod", f"move it to {right}.annotations")
        else:
            yield _wrong_place(f"the annotation {key} is not known{nearest(name, ANNOTATIONS)}", f"{right}.annotations")
    labels = metadata.get("labels") or {}
    if INJECT in labels:
        yield _wrong_place(f"the label {INJECT} of a {workload.kind} reaches no pod", f"move it to {right}.labels")
    if PROFILE in labels:
        yield _wrong_place(f"{PROFILE} is a label of namespaces", "move it to the Namespace")
    for key in _features(labels):
        yield _wrong_place(f"{key} is an annotation of pods, not a label", f"move it to {right}.annotations")


def _features(labels: Mapping[str, str]) -> list[str]:
    return [key for key in labels if key.startswith(PREFIX) and key.removeprefix(PREFIX) in ANNOTATIONS]


def _wrong_place(sentence: str, fix: str) -> Verdict:
    return Verdict("pod", "skipped", "wrong-place", sentence, fix)


def _crowded(workload: Workload) -> Iterator[Verdict]:
    """More pods at once than fixed addresses."""
    annotations = (template(workload).get("metadata") or {}).get("annotations") or {}
    addresses = len(fixed_ip.parse(annotations[f"{PREFIX}fixed-ip"]))
    if workload.kind == "DaemonSet":
        sentence = f"a pod on every node (DaemonSet) for {_plural(addresses, 'address')}"
        yield Verdict("fixed-ip", "applied", "too-few-addresses", sentence, "kind: Deployment")
        return
    count, how, fix = _at_once(workload.object, workload.kind)
    if count > addresses:
        sentence = f"up to {count} pods at once ({how}) for {_plural(addresses, 'address')}"
        yield Verdict("fixed-ip", "applied", "too-few-addresses", sentence, fix)


def _at_once(manifest: Json, kind: str) -> tuple[int, str, str]:
    """How many pods may exist at the same time, the fields that say so, and what to write instead."""
    spec = _map(manifest.get("spec"))
    if kind in ("Job", "CronJob"):
        job = spec if kind == "Job" else _map(_map(spec.get("jobTemplate")).get("spec"))
        count = min(_count(job.get("parallelism"), 1), _count(job.get("completions"), 1) if "completions" in job else 10**9)
        if kind == "CronJob" and spec.get("concurrencyPolicy", "Allow") == "Allow":
            return count + 1, f"parallelism {count}, and runs may overlap", "concurrencyPolicy: Forbid"
        return count, f"parallelism {count}", "parallelism: 1"
    if kind in ("Pod", "PodTemplate"):
        return 1, "", ""
    replicas = _count(spec.get("replicas"), 1)
    strategy = _map(spec.get("strategy"))
    if kind != "Deployment" or strategy.get("type") == "Recreate" or not replicas:
        return replicas, f"replicas {replicas}", f"{PREFIX}fixed-ip: as many addresses"
    surge = _surge(_map(strategy.get("rollingUpdate")).get("maxSurge", "25%"), replicas)
    return replicas + surge, f"replicas {replicas}, maxSurge {surge}", "strategy: {type: Recreate}"


def _surge(given: Any, replicas: int) -> int:
    """maxSurge is a number, or a percentage of the replicas, rounded up (apps/v1)."""
    if isinstance(given, str) and (percent := re.fullmatch(r"([0-9]{1,6})%", given)):
        return ceil(replicas * int(percent[1]) / 100)
    return _count(given, 0)


def _map(value: Any) -> Json:
    return value if isinstance(value, dict) else {}


def _count(value: Any, default: int) -> int:
    return value if type(value) is int else default


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}es"
