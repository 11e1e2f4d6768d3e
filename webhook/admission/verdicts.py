"""Reasons are data: warning, audit annotation, status, log and metric are prints of the same value."""

import re
from typing import Literal, NamedTuple

import orjson

from webhook.inpod.contract import PREFIX

Outcome = Literal["applied", "adapted", "skipped", "refused"]


class Verdict(NamedTuple):
    """What became of one feature on one pod.

    `reason` is short and for machines, empty where all went as asked; `sentence` is for people and at most 120 characters where
    it holds no name of the user's; `fix` is the one line that would change the verdict; `field` is where to look (refused
    only).
    """

    feature: str
    outcome: Outcome
    reason: str = ""
    sentence: str = ""
    fix: str = ""
    field: str = "spec"

    @property
    def brief(self) -> str:
        """Outcome and reason, no word of a user's."""
        return f"{self.outcome}: {self.reason}" if self.reason else self.outcome

    @property
    def remark(self) -> bool:
        """Whether it is about words that somebody wrote, and about no feature: "pod skipped" would be read as if the pod were."""
        return self.feature == "pod" and self.outcome == "skipped"

    @property
    def noteworthy(self) -> bool:
        """Whether people are told without asking: all that was not simply applied or adapted as designed."""
        return self.outcome in ("skipped", "refused") or (self.outcome == "applied" and bool(self.reason))


WARNINGS = 5
"""The most verdicts that people are told of at once."""


# Without quotes no YAML takes it for anything but a text.
_UNQUOTED = re.compile("(?!(?:y|n|yes|no|on|off|true|false|null)$)[a-z][a-z0-9-]*")


def annotated(name: str, text: str) -> str:
    """The fix that gives a pod an annotation of ours: a line of YAML, whatever the text is."""
    if _UNQUOTED.fullmatch(text):
        quoted = text
    elif '"' in text:
        quoted = "'" + text.replace("'", "''") + "'"
    else:
        quoted = orjson.dumps(text).decode()
    return f"{PREFIX}{name}: {quoted}"


def summary(verdicts: list[Verdict]) -> dict[str, str]:
    """Feature to what became of it, each outcome once: no word of a user's, and short however many containers there are."""
    said: dict[str, dict[str, None]] = {}
    for v in verdicts:
        said.setdefault(v.feature, {})[v.brief] = None
    return {feature: "; ".join(outcomes) for feature, outcomes in said.items()}
