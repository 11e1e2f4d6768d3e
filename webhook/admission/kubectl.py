"""What kubectl prints of a decision: a warning for each verdict, and the reasons of a denial."""

from collections.abc import Callable

from webhook.admission.advice import advice
from webhook.admission.envelope import Json
from webhook.admission.verdicts import WARNINGS, Verdict
from webhook.printable import WARNING_LENGTH, one_line

EXPLAIN = "richpod explain -f FILE --policy FILE"
NAME_LENGTH = 20
"""Of a name that is cut, because the rest of the line is long."""
CAUSES = 10
"""The most reasons a denial lists: a pod may hold a thousand containers."""


def warnings(verdicts: list[Verdict], name: str, audited: bool, explain: Callable[[], str]) -> list[str]:
    """Of at most WARNINGS verdicts, the refused first; lines of at most WARNING_LENGTH characters (requirement 55).

    `name` is the object's: many may be applied at once, and kubectl prints no line twice. `audited`: nothing of it was done.
    `explain`: the command that tells what does not fit, once the object is there; "" where it will not be.
    """
    noteworthy = [verdict for verdict in verdicts if verdict.noteworthy]
    if not noteworthy:
        return []
    noteworthy.sort(key=lambda verdict: verdict.outcome != "refused")
    shown = noteworthy if len(noteworthy) <= WARNINGS else noteworthy[: WARNINGS - 1]
    lines = [line for verdict in shown for line in _lines(verdict, name, audited)]
    if more := len(noteworthy) - len(shown):
        lines.append(_more(more, name, explain()))
    return lines


def _more(count: int, name: str, command: str) -> str:
    """A command is whole or not there."""
    said = f"richpod: {count} more; run `{command}` once applied"
    return said if command and len(said) <= WARNING_LENGTH else _line(name, f"{count} more; run `{EXPLAIN}`")


def _lines(verdict: Verdict, name: str, audited: bool) -> list[str]:
    """The sentence, and the advice behind it or, where there is no room, below it; advice that would be cut is left out."""
    said = ("audit only: " if audited else "") + _subject(verdict) + verdict.sentence
    if not verdict.fix:
        return [_line(name, said)]
    instead = advice(verdict.fix)
    if len(f"richpod {name}: {said}; {instead}") <= WARNING_LENGTH:
        return [_line(name, f"{said}; {instead}")]
    below = _line(name, instead)
    return [_line(name, said), below] if below.endswith(instead) else [_line(name, said)]


def _subject(verdict: Verdict) -> str:
    return "" if verdict.remark else f"{verdict.feature} {verdict.outcome}: "


def _line(name: str, said: str) -> str:
    if name:
        name = f" {one_line(name, max(NAME_LENGTH, WARNING_LENGTH - len(f'richpod : {said}')))}"
    return one_line(f"richpod{name}: {said}")


def denial(refused: list[Verdict], name: str) -> Json:
    """kubectl prints exactly name and causes; nothing in the message is of one pod only, so events aggregate (requirement 5)."""
    causes = [{"reason": "FieldValueInvalid", "field": one_line(v.field), "message": _cause(v)} for v in refused[:CAUSES]]
    message = "; ".join(f"{cause['field']}: {cause['message']}" for cause in causes)
    if more := len(refused) - len(causes):
        message += f"; and {more} more"
    details = {"name": one_line(name, 253), "kind": "Pod", "causes": causes}
    return {"status": "Failure", "code": 422, "reason": "Invalid", "message": message, "details": details}


def _cause(verdict: Verdict) -> str:
    more = f"; {advice(verdict.fix)}" if verdict.fix else ""
    return one_line(f"richpod {verdict.feature}: {verdict.sentence}{more}", 400)
