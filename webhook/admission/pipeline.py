"""Pod in, Outcome out: the trunk. Pure; the same for the API server and for a file."""

from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, get_args

import orjson

from webhook import __version__
from webhook.admission import shape
from webhook.admission.annotations import unknown_words
from webhook.admission.choice import chosen
from webhook.admission.conditions import conditions
from webhook.admission.context import Context
from webhook.admission.entries import PROFILE, selectable
from webhook.admission.features import FEATURES
from webhook.admission.features.feature import Feature
from webhook.admission.machine import mount_cgroup
from webhook.admission.patch import Operation
from webhook.admission.pod import NOTHING, Known, Pod
from webhook.admission.reserved import refuse_forgeries
from webhook.admission.verdicts import Verdict, summary
from webhook.errors import Refuse, Skip
from webhook.images.platform import Platform, allowed
from webhook.inpod.contract import OWN_LABEL, PREFIX
from webhook.nearest import nearest
from webhook.policy import Policy
from webhook.policy.images import Architecture

Json = dict[str, Any]


class Wanted(NamedTuple):
    """Container to the image it will pull, mirrored where the profile says so; architectures of nodes that the pod may run on;
    names of its Secrets. This waits for registries: no part of the pod, which takes twenty times what its body did.
    """

    images: dict[str, str]
    architectures: frozenset[str]
    secrets: list[str]


@dataclass(frozen=True)
class Outcome:
    """Operations to apply in order, and a verdict on each feature. `left_alone` says why a pod was not looked at."""

    operations: list[Operation] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    left_alone: str = ""
    wanted: Wanted | None = None
    """What must be found out before all can be decided; None where nothing must, or no registry may be asked."""
    again: bool = False
    """Whether the pod carried a status of ours already: a second pass, or a copied manifest. Only names keys; decides nothing."""

    @property
    def refused(self) -> list[Verdict]:
        return [verdict for verdict in self.verdicts if verdict.outcome == "refused"]

    @property
    def denied(self) -> bool:
        """Whether the pod is; of pods that only are too many each is changed all the same."""
        return bool(self.refused) and not self.operations

    def within(self, around: list[Verdict]) -> "Outcome":
        """With what the object around the pod shows. It refuses no pod: the webhook is asked about each by itself."""
        return replace(self, verdicts=[*self.verdicts, *around])


def mutate(raw: Json, namespace: str, context: Context, known: Known = NOTHING) -> Outcome:
    """What becomes of a pod. Of one that is none anything may be raised, Malformed among it: `shape.check` tells.

    `raw` is changed in place and is the patched pod afterwards; the operations lead there. What is `wanted` may be found out,
    and another copy of the pod sent in with it: that outcome is the better one.
    """
    if reason := left_alone(raw, namespace, context):
        return Outcome(left_alone=reason)
    if shape.large(raw["spec"]):
        shape.check(raw)
    pod = Pod(raw, namespace, known)
    again = "status" in pod.asked
    verdicts = _decide(pod, context)
    wanted = None
    if pod.unknown and context.policy.images.registries and not any(verdict.outcome == "refused" for verdict in verdicts):
        wanted = _wanted(pod)
    if context.profile.on_conflict == "refuse":
        verdicts = [v._replace(outcome="refused") if v.outcome == "skipped" else v for v in verdicts]
    if context.profile.mode == "audit":
        pod.patch.rollback(0)
    elif any(verdict.outcome == "refused" for verdict in verdicts):
        pod.patch.rollback(0)
        verdicts = [verdict for verdict in verdicts if verdict.outcome in ("refused", "skipped")]
    elif pod.patch.operations:
        _write_status(pod, verdicts, context)
    return Outcome(pod.patch.operations, verdicts, wanted=wanted, again=again)


def _wanted(pod: Pod) -> Wanted:
    fits = allowed(pod.spec)
    architectures = frozenset(each for each in get_args(Architecture) if fits(Platform("linux", each)))
    secrets = [one["name"] for one in pod.spec.get("imagePullSecrets") or () if one.get("name")]
    return Wanted({container.name: container.raw["image"] for container in pod.unknown}, architectures, secrets)


def unknown_profile(policy: Policy, asked: str = "") -> Outcome:
    """What becomes of a pod whose namespace asks for a profile that no label selects. Only a file tells which one: `asked`."""
    known = selectable(policy)
    profile = f"profile {asked}" if asked else "a profile"
    sentence = f"the namespace asks for {profile} that no label selects: NOT treated"
    sentence += f" (known: {', '.join(known) or 'none'}){nearest(asked, known)}"
    fix = f"{PROFILE}: {known[0]} among the labels of the namespace" if known else ""
    return Outcome(verdicts=[Verdict("pod", "skipped", "unknown-profile", sentence, fix)])


def left_alone(raw: Json, namespace: str, context: Context) -> str:
    """Why a pod is not looked at, or "". Selectors say the same; this holds when they are wrong (requirements 41, 44 to 46)."""
    if namespace in context.policy.excluded:
        return f"namespace {namespace} is excluded"
    metadata, spec = raw.get("metadata") or {}, raw["spec"]
    if spec.get("containers") is None:
        return "a pod without containers: the API server asks before it validates, and will say so itself"
    if "kubernetes.io/config.mirror" in (metadata.get("annotations") or ()):
        return "a mirror pod: the API server holds only a copy of it"
    if (spec.get("os") or {}).get("name") == "windows" or _selects_windows(spec.get("nodeSelector") or {}):
        return "a Windows pod"
    if context.profile.required:
        # What follows any author can write, and such a pod would run: no way out of what is required.
        return ""
    if any(owner.get("kind") == "Node" for owner in metadata.get("ownerReferences") or ()):
        return "a mirror pod: a node owns it"
    if OWN_LABEL in (metadata.get("labels") or ()):
        return "one of richpod's own pods"
    return ""


def _selects_windows(selector: dict[str, str]) -> bool:
    return "windows" in (selector.get("kubernetes.io/os"), selector.get("beta.kubernetes.io/os"))


def _decide(pod: Pod, context: Context) -> list[Verdict]:
    verdicts = unknown_words(pod)
    try:
        refuse_forgeries(pod.spec, context.policy)
    except Refuse as end:
        return [*verdicts, Verdict("pod", "refused", end.reason, end.sentence, end.fix, end.field)]
    for feature in FEATURES:
        verdicts += _apply(feature, pod, context)
        if feature.name == "runtime":
            kind = context.runtime_kind(pod.spec.get("runtimeClassName"))
            pod.held = conditions(pod.spec, pod.job, context.level, kind)
    mount_cgroup(pod, context)
    return verdicts


def _apply(feature: Feature, pod: Pod, context: Context) -> list[Verdict]:
    """One feature, whole or not at all. What a pod may not choose or misspells is said, and the profile's own choice holds."""
    option = context.defaults[feature.name]
    verdicts: list[Verdict] = []
    for annotation in feature.annotations:
        if annotation not in pod.asked:
            continue
        try:
            option = chosen(feature, annotation, option, pod, context)
        except Skip as end:
            said = _verdict(feature, end, context)
            if said.outcome == "refused":
                return [said]
            said = said._replace(sentence=f"{end.sentence}; the profile's choice holds")
            verdicts += [said] if said not in verdicts else []
    if (option and option != "none") or feature.always:
        length = len(pod.patch.operations)
        try:
            verdicts += feature.apply(pod, option, context)
        except Skip as end:
            pod.patch.rollback(length)
            verdicts.append(_verdict(feature, end, context))
    return verdicts


def _verdict(feature: Feature, end: Skip, context: Context) -> Verdict:
    if isinstance(end, Refuse):
        return Verdict(feature.name, "refused", end.reason, end.sentence, end.fix, end.field)
    if feature.vital or feature.name in context.profile.required:
        field = f"metadata.annotations[{PREFIX}{feature.name}]"
        return Verdict(feature.name, "refused", end.reason, end.sentence, end.fix, field)
    return Verdict(feature.name, "skipped", end.reason, end.sentence, end.fix)


def _write_status(pod: Pod, verdicts: list[Verdict], context: Context) -> None:
    """Our own annotation, never read again by us; left out where it would burst the API server's limit."""
    said = summary(verdicts)
    status = {"version": __version__, "profile": context.profile_name, "policy": context.policy.hash, "verdicts": said}
    text = orjson.dumps(status).decode()
    key = f"{PREFIX}status"
    if key in pod.annotations and pod.annotations[key] == text:
        return
    try:
        pod.annotate(key, text)
    except Skip as end:
        verdicts.append(Verdict("pod", "skipped", end.reason, end.sentence))
