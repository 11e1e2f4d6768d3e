"""`richpod explain`: why the webhook would or would not change a pod, gate by gate."""

import argparse
import sys
from collections.abc import Iterator

from webhook.cli import inputs
from webhook.cli.preview import Preview
from webhook.cli.records import line, subject
from webhook.cli.report import LENGTH
from webhook.cli.terminal import STYLES, Line, data, show, talk
from webhook.cli.trace import trace
from webhook.printable import one_line

EXAMPLES = """examples:
  %(prog)s -f examples/legacy-app --policy examples/legacy-app/policy.yaml
  %(prog)s -f examples/legacy-app/app.yaml --policy examples/legacy-app/policy.yaml -o json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    inputs.add_arguments(parser)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="json: a line for each pod")


def run(arguments: argparse.Namespace) -> int:
    given = inputs.read(arguments)
    if arguments.output == "json":
        data("".join(line({**subject(p), "gates": [gate._asdict() for gate in trace(p)]}) for p in given.previews))
    else:
        show((said for preview in given.previews for said in _explained(preview)), sys.stdout)
    talk(Line(f"richpod: {note}") for note in given.notes)
    return inputs.exit_code(given.previews, strict=False)


def _explained(preview: Preview) -> Iterator[Line]:
    gates = trace(preview)
    width = max(len(gate.name) for gate in gates)
    margin = " " * (width + 4)
    yield Line(one_line(str(preview), LENGTH), "bold")
    for gate in gates:
        sentence = f"  {gate.name:{width}}  {gate.result}" + (f": {gate.sentence}" if gate.sentence else "")
        yield Line(one_line(sentence, LENGTH), STYLES.get(gate.result, ""))
        if gate.fix:
            yield Line(one_line(f"{margin}to change: {gate.fix[0]}", LENGTH))
            yield from (Line(one_line(f"{margin}and: {further}", LENGTH)) for further in gate.fix[1:])
        yield from (Line(one_line(f"{margin}{detail}", LENGTH)) for detail in gate.details)
