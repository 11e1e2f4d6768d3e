"""What the log says about one answered review: names and verdicts, no value of the pod."""

from typing import Any

from webhook.admission.review import Answer
from webhook.admission.verdicts import Verdict
from webhook.log import NAME_LENGTH
from webhook.printable import one_line


def decision(answer: Answer, profile: str, level: str, seconds: float) -> dict[str, Any]:
    """What is said about one answered review."""
    return {
        "decision": answer.decision,
        "uid": one_line(answer.uid, NAME_LENGTH),
        "namespace": one_line(answer.namespace, NAME_LENGTH),
        "kind": one_line(answer.kind, NAME_LENGTH),
        "name": one_line(answer.name, NAME_LENGTH),
        "operation": one_line(answer.operation, NAME_LENGTH),
        "profile": profile,
        "level": level,
        "operations": answer.operations,
        "milliseconds": round(seconds * 1000, 3),
        "verdicts": _said(answer.verdicts),
    }


def _said(verdicts: list[Verdict]) -> list[str]:
    """Each once: a pod of many containers has many alike."""
    return list(dict.fromkeys(f"{verdict.feature} {verdict.brief}" for verdict in verdicts))
