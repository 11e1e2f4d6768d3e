"""`richpod explain`: why the webhook would or would not change a pod, gate by gate; of a live pod also what became of it."""

import argparse
import sys
from collections.abc import Iterator
from typing import Any, NamedTuple

from webhook.admission.advice import where
from webhook.cli import inputs
from webhook.cli.inputs import Inputs
from webhook.cli.offline import registries
from webhook.cli.preview import Preview
from webhook.cli.records import line, subject
from webhook.cli.report import LENGTH, state
from webhook.cli.terminal import STYLES, Line, data, show, talk, whole
from webhook.cli.trace import Gate, trace
from webhook.errors import BadInput
from webhook.printable import one_line, single_spaced


class Explained(NamedTuple):
    """One pod; `heading` says what it is about and comes to, `subject` what it is about, as JSON."""

    heading: str
    subject: dict[str, Any]
    gates: list[Gate]


EXAMPLES = """examples:
  %(prog)s -f examples/legacy-app --policy examples/legacy-app/policy.yaml
  %(prog)s -f examples/legacy-app/app.yaml --policy examples/legacy-app/policy.yaml -o json

of a live cluster, by the policy that it runs, in the kubeconfig's namespace where none is named:
  %(prog)s pod/NAME -n NAMESPACE
  %(prog)s deployment/NAME -n NAMESPACE --policy new-policy.yaml

exit status: 0 fine, 1 a creation now would be refused, 2 wrong usage, or no policy or object that can be read
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("workload", metavar="KIND/NAME", nargs="?", help="a pod of a live cluster, or what makes pods there")
    parser.add_argument("--context", metavar="NAME", help="of the kubeconfig (default: its current one)")
    inputs.add_arguments(parser, required=False)
    parser.add_argument("-o", "--output", choices=("text", "json"), default="text", help="json: a line for each pod")


def run(arguments: argparse.Namespace) -> int:
    if bool(arguments.workload) == bool(arguments.filename):
        raise BadInput("explain takes either KIND/NAME or -f FILE")
    given, told = _of_cluster(arguments) if arguments.workload else _of_files(arguments)
    if arguments.output == "json":
        data("".join(line({**about, "gates": [gate._asdict() for gate in gates]}) for _, about, gates in told))
    else:
        show((said for heading, _, gates in told for said in lines(heading, gates)), sys.stdout)
    if given is None:
        return 2
    talk(Line(f"richpod: {note}") for note in given.notes)
    return inputs.exit_code(given.previews, strict=False)


def _of_files(arguments: argparse.Namespace) -> tuple[Inputs, list[Explained]]:
    given = inputs.read(arguments)
    return given, [Explained(f"{one}: {_comes_to(one)}", subject(one), trace(one)) for one in given.previews]


def _of_cluster(arguments: argparse.Namespace) -> tuple[Inputs | None, list[Explained]]:
    """None where the policy that decides is not known."""
    # The client of Kubernetes takes half a second to load.
    from webhook.cli.explain_live import live

    found = live(arguments)
    # Of a pod the first gate says what became of it.
    heading = f"{found}: {_comes_to(found.today.previews[0])}" if found.today and found.object["kind"] != "Pod" else str(found)
    return found.today, [Explained(heading, found.subject, found.gates)]


def _comes_to(preview: Preview) -> str:
    hosts = ", ".join(registries(preview.outcome, preview.circumstances.policy))
    return f"unchanged without what {hosts} tells the webhook" if hosts and state(preview) == "unchanged" else state(preview)


def lines(heading: str, gates: list[Gate]) -> Iterator[Line]:
    width = max(len(gate.name) for gate in gates)
    margin = " " * (width + 4)
    yield Line(one_line(heading, LENGTH), "bold")
    # What is merely off comes last: a problem must not hide among it.
    for gate in sorted(gates, key=lambda gate: gate.result == "off"):
        sentence = f"  {gate.name:{width}}  {gate.result}" + (f": {single_spaced(gate.sentence)}" if gate.sentence else "")
        yield Line(one_line(sentence, LENGTH), STYLES.get(gate.result, ""))
        for number, fix in enumerate(gate.fix):
            yield Line(f"{margin}{'and' if number else 'to change'}{where(fix)}: {whole(fix)}")
        yield from (Line(one_line(f"{margin}{detail}", LENGTH)) for detail in gate.details)
