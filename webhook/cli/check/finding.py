"""What checks say: each a line, made of one finding or more, the worst first."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from webhook.cli.check.facts import Facts
from webhook.errors import ApiError

Result = Literal["ok", "warning", "unknown", "problem"]
RESULTS: tuple[Result, ...] = ("problem", "unknown", "warning", "ok")
"""The worst first. `unknown`: the facts could not be read, most often for want of rights."""


class Finding(NamedTuple):
    """`fix` is the command or the line of YAML that would change it."""

    result: Result
    sentence: str
    fix: str = ""


def ok(sentence: str) -> Finding:
    return Finding("ok", sentence)


def warning(sentence: str, fix: str = "") -> Finding:
    return Finding("warning", sentence, fix)


def problem(sentence: str, fix: str) -> Finding:
    return Finding("problem", sentence, fix)


def follows(check: str) -> str:
    """The advice where all that is wrong is what another check says."""
    return f"nothing: follows from {check}"


NAMED = 3


def some(names: Sequence[str]) -> str:
    """The first few, and how many more there are."""
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def counted(count: int, noun: str, plural: str = "") -> str:
    return f"{count} {noun if count == 1 else plural or noun + 's'}"


@dataclass(frozen=True)
class Check:
    """`id` is stable. `examine` is pure, yields at least one finding and raises ApiError where a fact could not be read."""

    id: str
    examine: Callable[[Facts], Iterable[Finding]]


class Examined(NamedTuple):
    """One line of `richpod check`."""

    id: str
    findings: tuple[Finding, ...]

    @property
    def result(self) -> Result:
        return self.findings[0].result


def examine(checks: Iterable[Check], facts: Facts) -> Iterator[Examined]:
    for check in checks:
        try:
            findings = list(check.examine(facts))
        except ApiError as error:
            findings = [Finding("unknown", f"cannot be read: {error}", _RIGHTS if error.status == 403 else _AGAIN)]
        yield Examined(check.id, tuple(sorted(findings, key=lambda finding: RESULTS.index(finding.result))))


_AGAIN = "richpod check, again; kubectl get --raw '/readyz?verbose' says what ails the API server"
_RIGHTS = "run it as a user who may: kubectl auth whoami tells who you are"
