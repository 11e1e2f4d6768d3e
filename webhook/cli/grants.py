"""`richpod grants`: what pods are authorized for, and of one pod why it is, or is not."""

import argparse
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from webhook.cli.explain import lines
from webhook.cli.inputs import namespace_name
from webhook.cli.records import line
from webhook.cli.terminal import Line, data, show, talk
from webhook.errors import BadInput
from webhook.gateway.grants import stored
from webhook.gateway.grants.grant import Entry, Grant
from webhook.gateway.grants.stored import phase
from webhook.installation import NAMESPACE
from webhook.printable import one_line

Json = dict[str, Any]

EXAMPLES = """examples:
  %(prog)s -n NAMESPACE
  %(prog)s -A -o json
  %(prog)s -n NAMESPACE --explain NAME

exit status: 0 done, 2 wrong usage, or no such pod, no gateway, or no right
"""

STYLES = {"Active": "green", "Pending": "cyan", "Revoking": "yellow", "Refused": "red"}
"""Colour of each phase."""
HEAD = ("NAMESPACE", "POD", "APPLICATION", "ADDRESS", "GRANTS", "PHASE", "CALLS", "SINCE", "WHY")
LONGEST = 60
"""Characters of all columns but the last."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    where = parser.add_mutually_exclusive_group()
    where.add_argument("-n", "--namespace", metavar="NAME", type=namespace_name, help="of the pods (default: the kubeconfig's)")
    where.add_argument("-A", "--all-namespaces", action="store_true", help="pods of all namespaces")
    parser.add_argument("--explain", metavar="POD", help="everything that decides about one pod: its name, or pod/NAME")
    parser.add_argument("--policy", metavar="FILE", help="to explain by (default: the one that the cluster runs)")
    parser.add_argument("--context", metavar="NAME", help="of the kubeconfig (default: its current one)")
    parser.add_argument(
        "-o", "--output", choices=("text", "json"), default="text", help="json: a line for each Grant, or the pod"
    )


def run(arguments: argparse.Namespace) -> int:
    if arguments.explain is not None:
        return _explain(arguments)
    # The client of Kubernetes takes half a second to load.
    from webhook.cli.grants_read import grants
    from webhook.cluster import connect

    cluster = connect(arguments.context)
    namespace = None if arguments.all_namespaces else arguments.namespace or cluster.namespace
    found = [one for one in grants(cluster) if namespace is None or (one.grant and one.grant.owner.namespace == namespace)]
    known = [(one.since, one.grant) for one in found if one.grant]
    if arguments.output == "json":
        data("".join(line(record(since, grant)) for since, grant in known))
    elif known:
        show(table(known), sys.stdout)
    else:
        talk([Line(f"there is no Grant of a pod{f' in namespace {namespace}' if namespace else ''}")])
    talk(Line(one.sentence) for one in found if not one.grant)
    return 0


def _explain(arguments: argparse.Namespace) -> int:
    from webhook.cli.grants_explain import explained

    if arguments.all_namespaces:
        raise BadInput("--explain is about one pod: name its namespace by -n in place of -A")
    heading, gates = explained(arguments)
    if arguments.output == "json":
        data(line({"object": heading.object, "gates": [gate._asdict() for gate in gates]}))
    else:
        show(lines(str(heading), gates), sys.stdout)
    return 0


def record(since: str, grant: Grant) -> Json:
    """A line of `-o json`."""
    about = {"apiVersion": f"{stored.GROUP}/{stored.VERSION}", "kind": stored.KIND}
    return {
        "object": {**about, "namespace": NAMESPACE, "name": grant.owner.uid},
        **grant.owner._asdict(),
        "addresses": grant.addresses,
        "phase": phase(grant),
        "since": since,
        "ended": grant.ended,
        "entries": [_entry(entry) for entry in grant.entries],
    }


def _entry(entry: Entry) -> Json:
    return {
        "grant": entry.grant,
        "upstream": entry.key.upstream,
        "address": entry.key.address,
        "state": entry.state,
        "reason": entry.reason,
        "attempts": [attempt._asdict() for attempt in entry.attempts],
    }


def table(known: Iterable[tuple[str, Grant]]) -> Iterator[Line]:
    rows = [HEAD, *(_row(since, grant) for since, grant in known)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        text = "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        yield Line(text, "bold" if row is HEAD else STYLES.get(row[HEAD.index("PHASE")], ""))


def _row(since: str, grant: Grant) -> tuple[str, ...]:
    """Words of a Grant may be anybody's who edits it."""
    calls = sum(len(entry.attempts) for entry in grant.entries)
    why = "; ".join(dict.fromkeys(filter(None, (grant.ended, *(entry.reason for entry in grant.entries)))))
    cells = (
        grant.owner.namespace,
        grant.owner.pod,
        grant.owner.application,
        ",".join(grant.addresses),
        ",".join(dict.fromkeys(entry.grant for entry in grant.entries)),
        phase(grant),
        str(calls),
        since,
    )
    return (*(one_line(cell or "-", LONGEST) for cell in cells), one_line(why, 400))
