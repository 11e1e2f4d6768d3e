"""What `dry-run` and `explain` read before they say anything: policy, manifests, and what is known of their namespaces."""

import argparse
import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from webhook.admission.entries import INJECT
from webhook.cli.documents import File, files
from webhook.cli.objects import namespaces
from webhook.cli.offline import registries
from webhook.cli.preview import Circumstances, Preview, previews
from webhook.cli.problems import refuse_problems
from webhook.cli.sources import texts
from webhook.cli.strangers import strangers
from webhook.cli.terminal import progress
from webhook.errors import BadInput
from webhook.nearest import nearest
from webhook.policy import LEVELS, Level, Policy
from webhook.policy.file import load


class Inputs(NamedTuple):
    """`notes`: what people should know about the input, a sentence each."""

    files: list[File]
    previews: list[Preview]
    notes: list[str]


def add_arguments(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """`required`: whether there must be a file; else a live object may be named instead."""
    default = "the built-in one" if required else "of files the built-in one, of a live object the one that runs"
    add_files(parser, required)
    parser.add_argument("--policy", metavar="FILE", help=f"the administrator's policy (default: {default})")
    parser.add_argument(
        "-n", metavar="NAME", dest="namespace", type=namespace_name, help="namespace of objects that name none (default: default)"
    )
    parser.add_argument(
        "--namespace",
        metavar="FILE",
        dest="namespace_files",
        type=_namespace_file,
        action="append",
        default=[],
        help="Namespace manifests whose labels decide; those among the manifests count, too",
    )
    parser.add_argument("--profile", metavar="NAME", help="this profile, whatever the namespace's labels say")
    parser.add_argument("--pod-security", metavar="LEVEL", choices=LEVELS, help=f"this level: {', '.join(LEVELS)}")


def add_files(parser: argparse.ArgumentParser, required: bool = True) -> None:
    """`required`: whether there must be one."""
    parser.add_argument(
        "-f",
        "--filename",
        metavar="FILE|DIR|-",
        action="append",
        required=required,
        help="manifests, YAML or JSON: a file, a folder (recursively *.yaml, *.yml, *.json), or - for standard input; repeatable",
    )


def manifests(names: Iterable[str]) -> list[File]:
    """All files that `names` stand for; what cannot be read is a document with a problem."""
    return files(progress(list(texts(names)), "reading"))


def read(arguments: argparse.Namespace) -> Inputs:
    """Everything, or nothing: raises BadInput or BadPolicy before a byte is printed."""
    policy = load(arguments.policy) if arguments.policy else Policy()
    given = judge(arguments, policy, manifests(arguments.filename))
    return given if arguments.policy or not given.previews else given._replace(notes=[*given.notes, _BUILT_IN])


_BUILT_IN = "judged by the built-in policy (--policy FILE names another)"


def judge(arguments: argparse.Namespace, policy: Policy, manifests: list[File]) -> Inputs:
    """What a policy makes of manifests, under the conditions that the arguments name."""
    if arguments.profile is not None and arguments.profile not in policy.profiles:
        near, names = nearest(arguments.profile, policy.profiles), ", ".join(policy.profiles)
        raise BadInput(f"--profile {arguments.profile}: not in the policy{near} (known: {names})")
    told = files(texts(arguments.namespace_files))
    refuse_problems([*manifests, *told])
    if told and not namespaces(told)[0]:
        raise BadInput(f"--namespace {', '.join(arguments.namespace_files)}: holds no Namespace")
    known, notes = namespaces([*manifests, *told])
    level = arguments.pod_security
    found = previews(manifests, Circumstances(policy, arguments.namespace or "default", known, arguments.profile, level))
    notes += strangers(manifests) + _assumed(found, level or policy.pod_security_default) + _unasked(found, policy)
    return Inputs(manifests, found, notes if found else [*notes, "no workload in the input"])


def exit_code(found: list[Preview], strict: bool) -> int:
    """1 where a pod is refused; `strict`: or anything skipped. What is only audited happens to no pod."""
    outcomes = {verdict.outcome for preview in found if not preview.audited for verdict in preview.outcome.verdicts}
    return int("refused" in outcomes or (strict and "skipped" in outcomes))


def _assumed(found: list[Preview], level: Level) -> list[str]:
    names = ", ".join(dict.fromkeys(preview.namespace for preview in found if preview.assumed))
    if not names:
        return []
    return [
        f'the labels of namespace {names} are not known: assumed {INJECT}: "true", Pod Security {level} (--namespace FILE tells)'
    ]


def _unasked(found: list[Preview], policy: Policy) -> list[str]:
    """Commands that judge ask no registry: what they say is the same tomorrow, and in CI."""
    asked = dict.fromkeys(host for preview in found for host in registries(preview.outcome, policy))
    if not asked:
        return []
    return [f"the webhook asks {', '.join(asked)} what images run, this command does not: richpod image-map writes images.map"]


_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def namespace_name(text: str) -> str:
    if not _NAME.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a namespace")
    return text


def _namespace_file(text: str) -> str:
    """In kubectl this option takes a name."""
    if _NAME.fullmatch(text) and not os.path.exists(text):
        raise argparse.ArgumentTypeError(
            f"--namespace takes a file of Namespace manifests; the namespace of objects is -n {text}"
        )
    return text
