"""Words among a pod's own annotations that mean nothing here: said to whoever wrote them, and otherwise passed over."""

from collections.abc import Callable

from webhook.admission.entries import INJECT, PROFILE
from webhook.admission.features import FEATURES
from webhook.admission.pod import Pod, comma_separated
from webhook.admission.verdicts import WARNINGS, Verdict
from webhook.inpod.contract import PREFIX
from webhook.nearest import nearest

ANNOTATIONS = (*(name for feature in FEATURES for name in feature.annotations), "app", "commands", "containers")
"""What people may write behind `richpod.io/` in a pod's annotations; the last three are no feature but say how."""


def unknown_words(pod: Pod) -> list[Verdict]:
    """A verdict for each key that is no annotation of ours, and for each container that is named and not there."""
    if not pod.asked:
        return []
    unknown = [key for key in pod.asked if key not in ANNOTATIONS and key != "status"]
    return _some("unknown-annotation", unknown, _unknown_key) + _unknown_containers(pod)


def unknown_annotation(name: str) -> str:
    """Of a key without its prefix, which no annotation of ours has."""
    return f"the annotation {PREFIX}{name} is not known and does nothing{nearest(name, ANNOTATIONS, PREFIX)}"


def _unknown_key(name: str) -> str:
    key = f"{PREFIX}{name}"
    if key in (INJECT, PROFILE):
        return f"{key} does nothing here: it is a label, not an annotation"
    return unknown_annotation(name)


def _unknown_containers(pod: Pod) -> list[Verdict]:
    if "containers" not in pod.asked:
        return []
    known = {container.name for container in pod.app_containers}
    named = comma_separated(pod.asked["containers"])
    if not named:
        return [Verdict("pod", "skipped", "bad-value", "the annotation containers names no container: nothing is treated")]
    unknown = [name for name in named if name not in known]

    def sentence(name: str) -> str:
        if any(raw.get("name") == name for raw in pod.spec.get("initContainers") or ()):
            return f"the annotation containers names {name}, an init container: only app containers are treated"
        return f"the annotation containers names {name}, which is not there{nearest(name, sorted(known))}"

    return _some("unknown-container", unknown, sentence)


def _some(reason: str, unknown: list[str], sentence: Callable[[str], str]) -> list[Verdict]:
    """A verdict for each of the first few names: the list is a user's, and may be as long as a body."""
    verdicts = [Verdict("pod", "skipped", reason, sentence(name)) for name in unknown[:WARNINGS]]
    if rest := len(unknown) - len(verdicts):
        verdicts.append(Verdict("pod", "skipped", reason, f"and {rest} more"))
    return verdicts
