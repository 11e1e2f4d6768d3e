"""What every feature is."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from webhook.admission.context import Context
from webhook.admission.pod import Pod
from webhook.admission.verdicts import Verdict

Option = Any
"""What a feature is asked to do, read from an annotation or from the profile; falsy or "none" is nothing."""


@dataclass(frozen=True)
class Feature:
    """`name` is the annotation. `parse` reads its text or raises BadValue; None: the profile alone decides.

    `apply` records into the pod's patch and returns the verdicts, or raises Skip or Refuse and has then done nothing.
    `vital`: a pod is unsafe without it, so that what would be skipped elsewhere is refused here (design rule: runtime, volumes).
    `always`: looks at pods that ask for nothing, too.
    """

    name: str
    apply: Callable[[Pod, Option, Context], list[Verdict]]
    parse: Callable[[str], Option] | None = None
    vital: bool = False
    always: bool = False
