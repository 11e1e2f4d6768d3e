"""What every feature is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from webhook.admission.context import Context
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict

Option = Any
"""What a feature is asked to do, read from annotations or from the profile; falsy or "none" is nothing."""


def _instead(option: Option, annotation: str, value: Any) -> Option:
    return value


@dataclass(frozen=True)
class Feature:
    """`name` is what a profile's `allow` calls it.

    `apply` records into the pod's patch and returns the verdicts, or raises Skip or Refuse and has then done nothing.
    `annotations`: name to what reads its text, or raises BadValue; without any the profile alone decides.
    `combine`: the option that holds once an annotation has been read; its value takes the option's place where nothing is said.
    `beside`: annotations that choose nothing and say how, which pods may write where they may choose.
    `permissions`: what `allow` must name, too, for a pod to choose this option.
    `vital`: a pod is unsafe without it, so that what would be skipped elsewhere is refused here (design rule: runtime, volumes).
    `always`: looks at pods that ask for nothing, too.
    """

    name: str
    apply: Callable[[Pod, Option, Context], list[Verdict]]
    annotations: Mapping[str, Callable[[str], Any]] = field(default_factory=dict)
    combine: Callable[[Option, str, Any], Option] = _instead
    beside: frozenset[str] = frozenset()
    permissions: Mapping[Any, str] = field(default_factory=dict)
    vital: bool = False
    always: bool = False
