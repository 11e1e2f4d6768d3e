"""Files in, previews out: what the webhook would do to every pod that manifests describe. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from webhook.admission.context import Context
from webhook.admission.crowding import crowded
from webhook.admission.entries import ENFORCE, INJECT, NAME, PROFILE, Entry, entries, match
from webhook.admission.pipeline import Outcome, unknown_profile
from webhook.admission.placement import misplaced
from webhook.admission.workloads import Workload, pod, workloads
from webhook.cli.documents import Document, File, Path
from webhook.cli.gates import closest
from webhook.cli.objects import Labels, objects, path_in_lists
from webhook.cli.offline import decided
from webhook.policy import Level, Policy

Json = dict[str, Any]


@dataclass(frozen=True)
class Circumstances:
    """What the pods come to. `namespaces` holds the labels that are known; `profile` and `level` overrule what labels choose."""

    policy: Policy
    namespace: str
    namespaces: Mapping[str, Labels]
    profile: str | None = None
    level: Level | None = None

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """All of the policy; with a profile that overrules the labels its own, as if every namespace had asked for it."""
        found = entries(self.policy)
        if self.profile is None:
            return found
        return tuple(
            replace(entry, namespace=tuple(r for r in entry.namespace if r.key == ENFORCE))
            for entry in found
            if entry.profile == self.profile
        )

    @cached_property
    def contexts(self) -> dict[tuple[str, Level], Context]:
        keys = {(entry.profile, entry.level) for entry in self.entries if entry.level is not None}
        return {key: Context(self.policy, *key) for key in keys}


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
        return (*path_in_lists(self.workload.place), *self.workload.path)

    @property
    def audited(self) -> bool:
        return self.context is not None and self.context.profile.mode == "audit"

    def __str__(self) -> str:
        where = "".join(f".items[{index}]" for index in self.workload.place)
        return f"{self.workload.kind} {self.namespace}/{self.workload.name} ({self.document}{where})"


def previews(files: list[File], circumstances: Circumstances) -> list[Preview]:
    """One for each workload, in order. The files have no problems."""
    return [
        _preview(document, workload, circumstances)
        for document, manifest, place in objects(files)
        for workload in workloads(manifest, place)
    ]


def _preview(document: Document, workload: Workload, circumstances: Circumstances) -> Preview:
    namespace = (workload.object.get("metadata") or {}).get("namespace") or circumstances.namespace
    labels, assumed = _labels(namespace, circumstances)
    raw = pod(workload, namespace)
    pod_labels = raw["metadata"].get("labels") or {}
    entry = match(circumstances.entries, labels, pod_labels)
    context = None
    if entry is None:
        outcome = Outcome(left_alone=closest(circumstances.entries, labels, pod_labels, circumstances.policy).sentence)
    elif entry.level is None:
        outcome = unknown_profile(circumstances.policy, labels.get(PROFILE, "default"))
    else:
        context = circumstances.contexts[entry.profile, entry.level]
        outcome = decided(raw, namespace, context)
    outcome = outcome.within([*misplaced(workload, context), *crowded(workload, outcome.verdicts)])
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
