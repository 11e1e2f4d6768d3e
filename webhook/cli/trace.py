"""The decision on one pod, gate by gate, each with what would change it."""

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from webhook.admission.advice import advice
from webhook.admission.context import Context
from webhook.admission.entries import ENFORCE, INJECT, PROFILE
from webhook.admission.features import FEATURES, init
from webhook.admission.features.feature import Option
from webhook.admission.pipeline import left_alone
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict
from webhook.cli.definitions import Lines, example
from webhook.cli.gates import closest, unmet
from webhook.cli.preview import Preview
from webhook.cli.report import REMARK
from webhook.cli.switches import Switch
from webhook.inpod.contract import PREFIX


class Gate(NamedTuple):
    """`result` is a word or two; `fix` holds the lines that change it together, `details` a line each."""

    name: str
    result: str
    sentence: str
    fix: Lines = ()
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
                own = sorted((v for v in said if v.feature == feature.name), key=lambda v: v.outcome != "refused")
                yield _feature(Switch(feature, pod, context), own, preview.outcome.denied)
    yield from (Gate("pod", REMARK if v.remark else v.outcome, v.sentence, _lines(v.fix)) for v in said if v.feature == "pod")


def _namespace(preview: Preview) -> Gate:
    if preview.circumstances.profile is not None and preview.namespace not in preview.circumstances.namespaces:
        return Gate("namespace", "not looked at", "--profile was given")
    labels = [f'{key}: "{preview.labels[key]}"' for key in (INJECT, PROFILE, ENFORCE) if key in preview.labels]
    sentence = f"{preview.namespace} has {', '.join(labels) or 'none of the labels that count'}"
    if preview.assumed:
        return Gate("namespace", "assumed", sentence, ("--namespace FILE",))
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
        return Gate("entry", "none", missing.sentence, _lines(missing.fix), details)
    if preview.context is None:
        return Gate("entry", "unknown profile", preview.entry.name, (), details)
    sentence = f"{preview.entry.name}: profile {preview.entry.profile}, Pod Security {preview.entry.level}"
    return Gate("entry", "matches", sentence, (), details)


def _mode(context: Context) -> Gate:
    if context.profile.mode == "audit":
        return Gate("mode", "audit", "nothing is changed", (f"profiles.{context.profile_name}.mode: enforce",))
    return Gate("mode", "enforce", "")


def _lines(fix: str) -> Lines:
    return (fix,) if fix else ()


def _names(levels: list[str]) -> str:
    """The first word of entries that differ in nothing else."""
    if len(levels) > 1:
        return f"{{{','.join(levels)}}}."
    return f"{levels[0]}." if levels[0] else ""


def _feature(switch: Switch, said: list[Verdict], refused: bool) -> Gate:
    feature, pod, context = switch.feature, switch.pod, switch.context
    may = f", pods {'may' if feature.name in context.allow else 'may not'} choose" if feature.annotations else ""
    sentence = f"{_asking(switch)}{may}"
    if said:
        first, *further = said
        details = [f"{verdict.outcome}: {verdict.sentence}" for verdict in further]
        details += [advice(verdict.fix) for verdict in further if verdict.fix]
        return Gate(feature.name, first.outcome, f"{sentence}: {first.sentence}", _change(first, switch), tuple(details))
    if refused and switch.wanted:
        return Gate(feature.name, "not applied", f"{sentence}: the pod is refused")
    if switch.idle:
        names = ", ".join(container.name for container in pod.app_containers)
        sentence += f": nothing is treated, the annotation containers names none of the application's containers ({names})"
    elif not feature.annotations and switch.wanted:
        sentence += ": no mirror of the policy fits an image of the pod"
    return Gate(feature.name, "off", sentence, switch.on())


def _change(verdict: Verdict, switch: Switch) -> Lines:
    """What the verdict itself says to write, with all that it needs."""
    if verdict.reason == "no-init" and (wrapping := Switch(init.FEATURE, switch.pod, switch.context).on()):
        return wrapping
    key = verdict.fix.removeprefix(PREFIX).partition(": ")[0]
    if key in switch.feature.annotations:
        return switch.choosing(key, yaml.load(verdict.fix, yaml.BaseLoader)[f"{PREFIX}{key}"])
    if verdict.reason == "outside-pool":
        return switch.choosing("fixed-ip", example("fixed-ip", switch.pod, switch.context))
    if verdict.reason == "not-allowed" and verdict.fix.startswith("profiles."):
        lines = (line for key in switch.keys for line in switch.choosing(key, switch.pod.asked[key]))
        return tuple(dict.fromkeys(lines))
    if verdict.fix:
        return (verdict.fix,)
    return switch.correct() if verdict.reason == "bad-value" else switch.off()


def _asking(switch: Switch) -> str:
    name = switch.feature.name
    if not switch.asked:
        return f"profile {switch.context.profile_name} asks for {_words(switch.context.defaults[name])}"
    if switch.keys == [name]:
        return f"the annotation asks for {switch.pod.asked[name]}"
    return f"with {', '.join(switch.keys)} of the pod it asks for {_words(switch.option)}"


def _words(option: Option) -> str:
    if not option or option == "none":
        return "nothing"
    if option is True:
        return "it"
    return ", ".join(option) if type(option) is tuple else str(option)
