"""Previews for people: a line for each verdict, or a report with a sum at its end."""

from collections import Counter
from collections.abc import Iterator

from webhook.admission.advice import advice
from webhook.admission.verdicts import Outcome, Verdict
from webhook.cli.preview import Preview
from webhook.cli.terminal import STYLES, Line
from webhook.printable import one_line

LENGTH = 400
"""Of a sentence in a report."""
REMARK = "note"
"""Stands where others have an outcome."""
STATES = ("changed", "unchanged", "left alone", "refused", "would be refused")
"""What becomes of pods, in the order in which they are counted."""


def verdict_lines(preview: Preview) -> Iterator[Line]:
    """One for each verdict, or one that says why there is none."""
    outcome = preview.outcome
    if outcome.left_alone:
        yield Line(f"{preview}: left alone: {outcome.left_alone}")
    elif not outcome.verdicts:
        yield Line(f"{preview}: unchanged")
    for verdict in outcome.verdicts:
        audit = "audit: " if preview.audited else ""
        what = "" if verdict.remark else f"{verdict.feature} {_became(verdict, preview)}: "
        yield Line(f"{preview}: {audit}{what}{_advised(verdict)}", STYLES[verdict.outcome])


def report(previews: list[Preview]) -> Iterator[Line]:
    for preview in previews:
        yield Line(one_line(str(preview), LENGTH), "bold")
        yield Line(f"  {one_line(_summary(preview), LENGTH)}")
        width = max((len(verdict.feature) for verdict in preview.outcome.verdicts), default=0)
        for verdict in preview.outcome.verdicts:
            sentence, became = one_line(_advised(verdict), LENGTH), _became(verdict, preview)
            yield Line(f"  {verdict.feature:{width}}  {became:7}  {sentence}", STYLES[verdict.outcome])
    yield Line(_sum(previews), "bold")


def _became(verdict: Verdict, preview: Preview) -> str:
    if verdict.remark:
        return REMARK
    return _would(verdict.outcome, preview)


def _would(outcome: Outcome, preview: Preview) -> str:
    return f"would be {outcome}" if preview.audited else outcome


def _advised(verdict: Verdict) -> str:
    return f"{verdict.sentence}; {advice(verdict.fix)}" if verdict.fix and verdict.noteworthy else verdict.sentence


def _summary(preview: Preview) -> str:
    if preview.outcome.left_alone:
        return f"left alone: {preview.outcome.left_alone}"
    if preview.context is None:
        return "unchanged"
    where = f"profile {preview.context.profile_name}, Pod Security {preview.context.level}"
    if preview.audited:
        return f"{where}: audit only, nothing is changed"
    count = len(preview.outcome.operations)
    return f"{where}: {_counted(count, 'operation')}" if count else f"{where}: {state(preview)}"


def _sum(previews: list[Preview]) -> str:
    states = Counter(state(preview) for preview in previews)
    counts = [f"{states[state]} {state}" for state in STATES if states[state]]
    return ": ".join(part for part in (_counted(len(previews), "pod"), ", ".join(counts)) if part)


def state(preview: Preview) -> str:
    """One of STATES."""
    if preview.outcome.refused:
        return _would("refused", preview)
    if preview.outcome.left_alone:
        return "left alone"
    return "changed" if preview.outcome.operations else "unchanged"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
