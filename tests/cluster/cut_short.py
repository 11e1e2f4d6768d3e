"""What cuts hooks short: the rows of the table in docs/hooks.md, and how what a pod told is compared with them."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from .told import Line

BEGIN = ("prestart", "program", "preonline", "online")
END = ("drain", "postoffline", "stop signal", "poststop")
CLEAN = ("drain", "postoffline", "stop signal", "poststop (clean)")


class Row(NamedTuple):
    """`runs`: what follows in the pod, in order; `whole`: what would without it."""

    what: str
    runs: tuple[str, ...]
    whole: tuple[str, ...]
    note: str = ""

    @property
    def cut(self) -> list[str]:
        ran = {step.partition(" (")[0] for step in self.runs}
        return [step for step in self.whole if step not in ran]


ROWS = (
    Row("deletion", CLEAN, END),
    Row("rolling update", CLEAN, END, "the new pod is online before"),
    Row("eviction", CLEAN, END),
    Row("liveness probe fails", (*CLEAN, *BEGIN), END, "the kubelet ends the container, and starts it again"),
    Row("deletion before the program is online", CLEAN, END),
    Row(
        "the program stops slowly",
        ("drain", "postoffline", "stop signal", "KILL", "poststop (signal)"),
        END,
        "KILL after its own grace period",
    ),
    Row("the program ends by itself", ("poststop (clean)", *BEGIN), END),
    Row("the program crashes", ("poststop (signal)", *BEGIN), END),
    Row("the program is killed for its memory", ("poststop (signal)", *BEGIN), END, "as by a crash: the launcher lives on"),
    Row("the whole container is killed", ("poststop (unclean)", *BEGIN), END, "poststop runs at the next start, before prestart"),
    Row("`kubectl delete --force`", (), END, "all is killed after about 2 seconds: what fits in runs"),
    Row("the sidecar crashes", (), (), "stays online; not Ready until the sidecar runs again"),
    Row("the sidecar is killed for its memory", (), (), "stays online; not Ready until the sidecar runs again"),
    Row("the image of the sidecar is edited", (), (), "stays online; not Ready until the sidecar runs again"),
    Row("the kubelet restarts", (), (), "stays online; not Ready for a moment, as every pod with a readiness probe"),
    Row("the program starts slowly", BEGIN, BEGIN, "not Ready until it answers"),
    Row(
        "prestart fails", ("prestart", "prestart fails") * 2, BEGIN, "the container ends with its exit code and is started again"
    ),
    Row("prestart hangs", ("prestart", "prestart times out") * 2, BEGIN, "the container ends with code 124 and is started again"),
    Row(
        "preonline fails",
        ("prestart", "program", *("preonline", "preonline fails") * 2),
        BEGIN,
        "tried again after 1, 2, 4 … 30 s",
    ),
    Row(
        "preonline hangs",
        ("prestart", "program", *("preonline", "preonline times out") * 2),
        BEGIN,
        "tried again after 1, 2, 4 … 30 s",
    ),
    Row("postoffline fails", ("drain", "postoffline", "postoffline fails", "stop signal", "poststop (clean)"), END),
    Row("postoffline hangs", ("drain", "postoffline", "postoffline times out", "stop signal", "poststop (clean)"), END),
    Row("poststop fails", (*CLEAN, "poststop fails"), END, "the exit code is the program's"),
    Row("poststop hangs", (*CLEAN, "poststop times out"), END, "the exit code is the program's"),
)

_TEXTS = {
    r"program|online": r"\g<0>",
    r"stopping": "stop signal",
    r"\[(prestart|preonline|postoffline)\] \1": r"\1",
    r"\[poststop\] poststop (\w+).*": r"poststop (\1)",
    r'richpod: the (\w+) hook ".*" ended with exit code (?!124).*': r"\1 fails",
    r'richpod: the (\w+) hook ".*" did not end within .*': r"\1 times out",
    r"richpod: the program did not end within .*": "KILL",
}


def steps(lines: Sequence[Line], drain: float) -> tuple[str, ...]:
    """What ran, in the words of the table. It was drained where the end went on so many seconds after the file had gone."""
    found = [step for step, _ in groupby(_steps(lines))]
    return ("drain", *found) if _drained(lines, drain) else tuple(found)


def _steps(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        for pattern, step in _TEXTS.items():
            if match := re.fullmatch(pattern, line.text):
                yield match.expand(step)


def _drained(lines: Sequence[Line], drain: float) -> bool:
    offline = [line for line in lines if line.text == "offline"]
    went_on = [line for line in lines if line.text.startswith(("stopping", "[postoffline]", "[poststop]"))]
    if not offline or not went_on or offline[0].life != went_on[0].life:
        return False
    return went_on[0].at - offline[0].at >= drain


def streams(steps: Iterable[str]) -> tuple[list[str], list[str]]:
    """What the pod's programs say, and what the launcher says: each in its order, but they come by two pipes."""
    found: tuple[list[str], list[str]] = ([], [])
    for step in steps:
        found[step.endswith(("fails", "times out", "KILL"))].append(step)
    return found


def table() -> str:
    """As the page has it."""
    head = "| what happens | what runs, in order | what is cut short | and |\n| --- | --- | --- | --- |\n"
    return head + "".join(
        f"| {row.what} | {', '.join(row.runs) or '–'} | {', '.join(row.cut) or 'nothing'} | {row.note or '–'} |\n" for row in ROWS
    )
