"""What `dry-run` and `explain` read before they say anything: policy, manifests, and what is known of their namespaces."""

import argparse
import re
from typing import NamedTuple

from webhook import policy_file
from webhook.admission.entries import INJECT
from webhook.cli.documents import File, files
from webhook.cli.objects import namespaces, unknown_versions
from webhook.cli.preview import Circumstances, Preview, previews
from webhook.cli.sources import texts
from webhook.cli.terminal import progress
from webhook.errors import BadInput, nearest
from webhook.policy import LEVELS, Level, Policy


class Inputs(NamedTuple):
    """`notes`: what people should know about the input, a sentence each."""

    files: list[File]
    previews: list[Preview]
    notes: list[str]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE|DIR|-",
        action="append",
        required=True,
        help="manifests, YAML or JSON: a file, a folder (recursively *.yaml, *.yml, *.json), or - for standard input; repeatable",
    )
    parser.add_argument("--policy", metavar="FILE", help="the administrator's policy (default: the built-in one)")
    parser.add_argument(
        "-n", metavar="NAME", dest="namespace", type=_name, default="default", help="namespace of objects that name none"
    )
    parser.add_argument(
        "--namespace",
        metavar="FILE",
        dest="namespace_files",
        action="append",
        default=[],
        help="Namespace manifests whose labels decide; those among the manifests count, too",
    )
    parser.add_argument("--profile", metavar="NAME", help="this profile, whatever the namespace's labels say")
    parser.add_argument("--pod-security", metavar="LEVEL", choices=LEVELS, help=f"this level: {', '.join(LEVELS)}")


def read(arguments: argparse.Namespace) -> Inputs:
    """Everything, or nothing: raises BadInput or BadPolicy before a byte is printed."""
    policy = policy_file.load(arguments.policy) if arguments.policy else Policy()
    if arguments.profile is not None and arguments.profile not in policy.profiles:
        near, names = nearest(arguments.profile, policy.profiles), ", ".join(policy.profiles)
        raise BadInput(f"--profile {arguments.profile}: not in the policy{near} (known: {names})")
    manifests = files(progress(list(texts(arguments.filename)), "reading"))
    known, notes = namespaces(manifests)
    for name in arguments.namespace_files:
        told, more = namespaces(files(texts([name])))
        if not told:
            raise BadInput(f"{name}: holds no Namespace")
        known |= told
        notes += more
    level = arguments.pod_security
    found = previews(manifests, Circumstances(policy, arguments.namespace, known, arguments.profile, level))
    notes += unknown_versions(manifests) + _assumed(found, level or policy.pod_security_default)
    return Inputs(manifests, found, notes if found else [*notes, "no workload in the input"])


def exit_code(found: list[Preview], strict: bool) -> int:
    """1 where a pod is refused; `strict`: or anything skipped."""
    outcomes = {verdict.outcome for preview in found for verdict in preview.outcome.verdicts}
    return int("refused" in outcomes or (strict and "skipped" in outcomes))


def _assumed(found: list[Preview], level: Level) -> list[str]:
    names = ", ".join(dict.fromkeys(preview.namespace for preview in found if preview.assumed))
    if not names:
        return []
    return [
        f'the labels of namespace {names} are not known: assumed {INJECT}: "true", Pod Security {level} (--namespace FILE tells)'
    ]


def _name(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a namespace")
    return text
