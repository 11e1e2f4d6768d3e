"""The decision on one pod, gate by gate, each with the one line that would change it."""

from collections.abc import Iterator
from typing import NamedTuple

from webhook.admission.context import Context
from webhook.admission.entries import ENFORCE, INJECT, PROFILE
from webhook.admission.features import FEATURES
from webhook.admission.features.feature import Feature, Option
from webhook.admission.pipeline import left_alone
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict
from webhook.cli.gates import closest, unmet
from webhook.cli.preview import Preview
from webhook.inpod.contract import PREFIX


class Gate(NamedTuple):
    """`result` is a word or two; `fix` the line that would change it, or "" where nothing would; `details` a line each."""

    name: str
    result: str
    sentence: str
    fix: str = ""
    details: tuple[str, ...] = ()


def trace(preview: Preview) -> list[Gate]:
    """Every gate up to the one that ends the way."""
    return list(_gates(preview))


def _gates(preview: Preview) -> Iterator[Gate]:
    yield _namespace(preview)
    yield _entry(preview)
    context, said = preview.context, preview.outcome.verdicts
    if context is not None:
        yield _mode(context)
        reason = left_alone(preview.pod, preview.namespace, context)
        yield Gate("left alone", "yes" if reason else "no", reason)
        if not reason:
            pod = Pod(preview.pod, preview.namespace)
            for feature in FEATURES:
                yield _feature(feature, pod, context, [verdict for verdict in said if verdict.feature == feature.name])
    yield from (Gate("pod", verdict.outcome, verdict.sentence, verdict.fix) for verdict in said if verdict.feature == "pod")


def _namespace(preview: Preview) -> Gate:
    labels = [f'{key}: "{preview.labels[key]}"' for key in (INJECT, PROFILE, ENFORCE) if key in preview.labels]
    sentence = f"{preview.namespace} has {', '.join(labels) or 'none of the labels that count'}"
    if preview.assumed:
        return Gate("namespace", "assumed", sentence, "--namespace FILE")
    return Gate("namespace", "known", sentence)


def _entry(preview: Preview) -> Gate:
    """Which entry sees the pod, and of every other one the first requirement that fails."""
    policy, pod_labels = preview.circumstances.policy, preview.pod["metadata"].get("labels") or {}
    eligible = preview.circumstances.entries
    others: dict[tuple[str, str], list[str]] = {}
    for entry in eligible:
        for first in unmet(entry, preview.labels, pod_labels, policy)[:1]:
            level, _, way = entry.name.partition(".") if entry.level else ("", "", entry.name)
            others.setdefault((way, first.sentence), []).append(level)
    details = tuple(f"not {_names(levels)}{way}: {sentence}" for (way, sentence), levels in others.items())
    if preview.entry is None:
        missing = closest(eligible, preview.labels, pod_labels, policy)
        return Gate("entry", "none", missing.sentence, missing.fix, details)
    if preview.context is None:
        return Gate("entry", "unknown profile", preview.entry.name, "", details)
    sentence = f"{preview.entry.name}: profile {preview.entry.profile}, Pod Security {preview.entry.level}"
    return Gate("entry", "matches", sentence, "", details)


def _mode(context: Context) -> Gate:
    if context.profile.mode == "audit":
        return Gate("mode", "audit", "nothing is changed", f"profiles.{context.profile_name}.mode: enforce")
    return Gate("mode", "enforce", "")


def _names(levels: list[str]) -> str:
    """The first word of entries that differ in nothing else."""
    if len(levels) > 1:
        return f"{{{','.join(levels)}}}."
    return f"{levels[0]}." if levels[0] else ""


def _feature(feature: Feature, pod: Pod, context: Context, said: list[Verdict]) -> Gate:
    asked = feature.parse is not None and feature.name in pod.asked
    who = "the annotation" if asked else f"profile {context.profile_name}"
    what = pod.asked[feature.name] if asked else _words(context.defaults[feature.name])
    may = "" if feature.parse is None else f", pods {'may' if feature.name in context.allow else 'may not'} choose"
    sentence = f"{who} asks for {what}{may}"
    if not said:
        return Gate(feature.name, "off", sentence, _switch(feature, asked, context, on=True))
    first, *further = said
    details = [f"{verdict.outcome}: {verdict.sentence}" for verdict in further]
    details += [f"to change: {verdict.fix}" for verdict in further if verdict.fix]
    fix = first.fix or _switch(feature, asked, context, on=False)
    return Gate(feature.name, first.outcome, f"{sentence}: {first.sentence}", fix, tuple(details))


def _words(option: Option) -> str:
    if not option or option == "none":
        return "nothing"
    if option is True:
        return "it"
    return ", ".join(option) if isinstance(option, tuple) else str(option)


_SWITCHES = {
    "init": ("launch", "none"),
    "lxcfs": ('"true"', '"false"'),
    "volumes": ("NAME", '""'),
    "runtime": ("NAME", ""),
    "fixed-ip": ("ADDRESS", ""),
}
"""Values of an annotation that switch a feature on and off; "" where none does."""


def _switch(feature: Feature, asked: bool, context: Context, on: bool) -> str:
    """The line that switches a feature on or off."""
    if feature.parse is None:
        return f"profiles.{context.profile_name}.features: {{{feature.name}: {str(on).lower()}}}"
    if asked and not on:
        return f"remove {PREFIX}{feature.name}"
    if feature.name not in context.allow:
        return f"profiles.{context.profile_name}.allow: [{feature.name}]"
    value = _SWITCHES.get(feature.name, ("VALUE", ""))[0 if on else 1]
    return f"{PREFIX}{feature.name}: {value}" if value else ""
