"""`richpod check`: the doctor of a live cluster, a line for each thing that can be wrong."""

import argparse
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

from webhook.admission.advice import where
from webhook.cli.check import (
    certificates,
    configuration,
    gateway,
    missed,
    namespaces,
    nodes,
    registries,
    replicas,
    required,
    rights,
    toolkit,
    trials,
    versions,
)
from webhook.cli.check.applying import completed
from webhook.cli.check.finding import Check, Examined, examine
from webhook.cli.check.gather import gather
from webhook.cli.records import line
from webhook.cli.terminal import Line, data, show, whole
from webhook.cluster import connect
from webhook.policy.file import load
from webhook.printable import one_line, single_spaced

EXAMPLES = """examples:
  %(prog)s
  %(prog)s --policy examples/legacy-app/policy.yaml --context production
  %(prog)s -o json

exit status: 0 all is well (warnings allowed), 1 a problem, 2 there is no cluster, no policy, or no right to look
"""

CHECKS: tuple[Check, ...] = (
    *versions.CHECKS,
    *configuration.CHECKS,
    *replicas.CHECKS,
    *certificates.CHECKS,
    *rights.CHECKS,
    *registries.CHECKS,
    *gateway.CHECKS,
    *trials.CHECKS,
    *namespaces.CHECKS,
    *nodes.CHECKS,
    *required.CHECKS,
    *toolkit.CHECKS,
    *missed.CHECKS,
)
"""From what everything rests on to what follows from it."""

LENGTH = 2000
"""Of a sentence."""
LONG = 60
"""Advice that is read again instead of being said again."""
_STYLES = {"ok": "green", "warning": "yellow", "unknown": "magenta", "problem": "red"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--policy", metavar="FILE", help="the policy that should hold (default: the one that the cluster runs)")
    parser.add_argument("--context", metavar="NAME", help="of the kubeconfig (default: its current one)")
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="json: a line for each check")


def run(arguments: argparse.Namespace) -> int:
    given = load(arguments.policy) if arguments.policy else None
    facts = gather(connect(arguments.context), given, datetime.now(UTC))
    examined = list(completed(examine(CHECKS, facts), facts, arguments.policy))
    if arguments.output == "json":
        data("".join(line({"id": e.id, "result": e.result, "findings": [f._asdict() for f in e.findings]}) for e in examined))
    else:
        told: dict[str, str] = {}
        show((said for each in examined for said in _lines(each, told)), sys.stdout)
    results = {each.result for each in examined}
    return 1 if "problem" in results else 2 if "unknown" in results else 0


def _lines(examined: Examined, told: dict[str, str]) -> Iterator[Line]:
    """A line for the check, below it what else it found and what to do about each, in full once: `told` (advice: check) grows."""
    heading, margin = f"{examined.result:7}  {examined.id:15}  ", " " * 26
    for finding in examined.findings:
        further = f"{finding.result}: " if heading == margin else ""
        yield Line(one_line(f"{heading}{further}{single_spaced(finding.sentence)}", LENGTH), _STYLES[finding.result])
        if finding.fix:
            advice = whole(finding.fix)
            if finding.fix in told and len(finding.fix) > LONG:
                advice = "the same" if told[finding.fix] == examined.id else f"the same as for {told[finding.fix]}"
            told.setdefault(finding.fix, examined.id)
            yield Line(f"{margin}to do{where(advice)}: {advice}")
        heading = margin
