"""Documents in, previews out: what the webhook would do to every pod that manifests describe. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from webhook.admission import shape
from webhook.admission.context import Context
from webhook.admission.entries import ENFORCE, INJECT, NAME, PROFILE, Entry, entries, match
from webhook.admission.pipeline import Outcome, mutate
from webhook.admission.verdicts import Verdict
from webhook.admission.workloads import KINDS, Workload, pod, workloads
from webhook.cli import gates
from webhook.cli.advice import advice, namespace_advice
from webhook.cli.documents import Document, File, Path, pointed
from webhook.errors import BadInput, Malformed
from webhook.errors import nearest as nearest_name
from webhook.policy import Level, Policy

Json = dict[str, Any]
Labels = Mapping[str, str]


@dataclass(frozen=True)
class Circumstances:
    """What the pods come to. `namespaces` holds the labels that are known; `profile` and `level` overrule what labels choose."""

    policy: Policy
    namespace: str
    namespaces: Mapping[str, Labels]
    profile: str | None = None
    level: Level | None = None


@dataclass(frozen=True)
class Preview:
    """One pod. `context` is None where no entry would see it; `assumed`: nothing told the labels of its namespace."""

    document: Document
    workload: Workload
    namespace: str
    labels: Labels
    assumed: bool
    pod: Json
    entry: Entry | None
    context: Context | None
    outcome: Outcome
    circumstances: Circumstances

    @property
    def path(self) -> Path:
        """Of the pod's template in its document."""
        return (*_place(self.workload), *self.workload.path)

    @property
    def audited(self) -> bool:
        return self.context is not None and self.context.profile.mode == "audit"

    def __str__(self) -> str:
        return f"{self.workload.kind} {self.namespace}/{self.workload.name} ({located(self.document, self.workload.place)})"


def located(document: Document, place: tuple[int, ...] = ()) -> str:
    return f"{document.file}#{document.number}" + "".join(f".items[{index}]" for index in place)


def namespaces(files: list[File]) -> tuple[dict[str, Labels], list[str]]:
    """Labels by name of every Namespace document, and what is odd about them. Raises BadInput."""
    known: dict[str, Labels] = {}
    notes = []
    for document in (document for file in files for document in file.documents):
        for manifest, path in _objects(document.data):
            if manifest.get("kind") == "Namespace" and manifest.get("apiVersion") == "v1":
                _check(document, {"metadata": manifest.get("metadata"), "spec": {"containers": []}}, path)
                metadata = manifest.get("metadata") or {}
                name = metadata.get("name") or ""
                known[name] = metadata.get("labels") or {}
                notes += [f"Namespace {name} ({located(document)}): {sentence}" for sentence in namespace_advice(metadata)]
    return known, notes


def previews(files: list[File], circumstances: Circumstances) -> list[Preview]:
    """One for each workload, in order. Raises BadInput with a line for each document that holds something else than it says."""
    eligible = candidates(circumstances)
    contexts: dict[tuple[str, Level], Context] = {}
    found, problems = [], []
    for document in (document for file in files for document in file.documents):
        try:
            for workload in workloads(document.data):
                _check_workload(document, workload)
                found.append(_preview(document, workload, circumstances, eligible, contexts))
        except BadInput as error:
            problems.append(str(error))
    if problems:
        raise BadInput("\n".join(problems))
    return found


def unknown_versions(files: list[File]) -> list[str]:
    """Objects whose kind holds pods, but not in the API version they name."""
    return [
        f"{manifest['kind']} ({located(document)}): apiVersion {manifest.get('apiVersion')} has no such workload; left as it is"
        for file in files
        for document in file.documents
        for manifest, _ in _objects(document.data)
        if str(manifest.get("kind")) in KINDS and not any(workloads(manifest))
    ]


def _objects(data: Any, path: Path = ()) -> Iterator[tuple[Json, Path]]:
    """Every object of a document and where it stands, Lists flattened."""
    if not isinstance(data, dict):
        return
    items = data.get("items")
    if data.get("kind") == "List" and isinstance(items, list):
        for index, item in enumerate(items):
            yield from _objects(item, (*path, "items", index))
    else:
        yield data, path


def _place(workload: Workload) -> Path:
    return tuple(part for index in workload.place for part in ("items", index))


def _check_workload(document: Document, workload: Workload) -> None:
    """That a pod can be made of it, and that its own metadata is what advice reads."""
    place = _place(workload)
    held: Any = workload.object
    for depth, key in enumerate(workload.path, 1):
        held = held.get(key)
        if not isinstance(held, dict):
            said = "is missing" if held is None else "is not a map"
            raise document.error((*place, *workload.path[:depth]), said)
    if workload.path:
        _check(document, {"metadata": workload.object.get("metadata"), "spec": {"containers": []}}, place)
    _check(document, held, (*place, *workload.path))


def _check(document: Document, pod: Any, path: Path) -> None:
    try:
        shape.check(pod)
    except Malformed as error:
        raise document.error((*path, *pointed(error.path)), error.sentence) from None


def _preview(
    document: Document,
    workload: Workload,
    circumstances: Circumstances,
    eligible: tuple[Entry, ...],
    contexts: dict[tuple[str, Level], Context],
) -> Preview:
    namespace = (workload.object.get("metadata") or {}).get("namespace") or circumstances.namespace
    labels, assumed = _labels(namespace, circumstances)
    raw = pod(workload, namespace)
    pod_labels = raw["metadata"].get("labels") or {}
    entry = match(eligible, labels, pod_labels)
    context = None
    if entry is None:
        outcome = Outcome(left_alone=gates.nearest(eligible, labels, pod_labels, circumstances.policy).sentence)
    elif entry.level is None:
        outcome = Outcome(verdicts=[_unknown_profile(labels[PROFILE], circumstances.policy)])
    else:
        key = (entry.profile, entry.level)
        context = contexts.setdefault(key, Context(circumstances.policy, *key))
        # What the API server would send: bytes of its own, nothing shared with the manifest.
        outcome = mutate(orjson.loads(orjson.dumps(raw)), namespace, context)
    outcome = replace(outcome, verdicts=[*outcome.verdicts, *advice(workload, outcome.verdicts)])
    return Preview(document, workload, namespace, labels, assumed, raw, entry, context, outcome, circumstances)


def _labels(namespace: str, circumstances: Circumstances) -> tuple[Labels, bool]:
    """The labels of a namespace as the API server has them, and whether they are a guess."""
    known = circumstances.namespaces.get(namespace)
    named = any(namespace in profile.namespaces for profile in circumstances.policy.profiles.values())
    assumed = known is None and not named and circumstances.profile is None and namespace not in circumstances.policy.excluded
    labels = dict(known) if known is not None else {INJECT: "true"} if assumed else {}
    labels[NAME] = namespace
    if circumstances.level is not None:
        labels[ENFORCE] = circumstances.level
    return labels, assumed


def candidates(circumstances: Circumstances) -> tuple[Entry, ...]:
    """All entries; with a profile that overrules the labels, its own, as if every namespace had asked for it."""
    found = entries(circumstances.policy)
    if circumstances.profile is None:
        return found
    return tuple(
        replace(entry, namespace=tuple(r for r in entry.namespace if r.key == ENFORCE))
        for entry in found
        if entry.profile == circumstances.profile
    )


def _unknown_profile(asked: str, policy: Policy) -> Verdict:
    known = sorted(name for name, profile in policy.profiles.items() if not profile.namespaces)
    sentence = f"no label selects profile {asked}{nearest_name(asked, known)} (known: {', '.join(known)})"
    return Verdict("pod", "skipped", "unknown-profile", sentence, f"{PROFILE}: {(known or ['default'])[0]}")
