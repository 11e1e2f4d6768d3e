"""The `richpod` command, also `kubectl richpod`; each subcommand imports only what it needs."""

import argparse
import os
import sys
from importlib import import_module

from webhook import __version__
from webhook.errors import ApiError, BadInput, BadPolicy
from webhook.nearest import nearest

COMMANDS = {
    "dry-run": ("webhook.cli.dryrun", "what would become of manifests, as patches, JSON, YAML, a diff or a report"),
    "check": ("webhook.cli.check", "what is wrong with richpod in a live cluster, and what to do about it"),
    "explain": ("webhook.cli.explain", "why: every gate a pod passes, and what would change it"),
    "online": ("webhook.cli.online", "switches a live pod's application online, whatever held it back"),
    "offline": ("webhook.cli.online", "takes a live pod's application offline, and leaves it running"),
    "grants": ("webhook.cli.grants", "what pods are authorized for, and of one pod why it is, or is not"),
    "manifests": ("webhook.cli.manifests.command", "all objects of an installation, for kubectl apply"),
    "image-map": ("webhook.cli.image_map", "what images run whose pods do not say it, for the policy's images.map"),
    "policy": ("webhook.cli.policy", "the effective policy, or its JSON schema"),
    "certs": ("webhook.certificates.controller", "the keeper of certificates, and of every entry's trust in them"),
    "serve": ("webhook.admission.server", "the webhook itself"),
    "gateway": ("webhook.gateway.server", "the gateway that authorizes pods at upstreams"),
    "lxcfs": ("webhook.lxcfs.agent", "the node agent, which runs lxcfs and heals what pods see of it"),
}
"""Name to module, with `add_arguments(parser)` and `run(arguments)`, and summary."""

EXAMPLES = """examples:
  %(prog)s dry-run -f examples/one-pod/app.yaml -o diff
  %(prog)s explain -f examples/one-pod/app.yaml
  %(prog)s COMMAND --help
"""


_Help = argparse.RawDescriptionHelpFormatter


def main(argv: list[str] | None = None) -> int:
    """Exit code: 0 fine, 1 something was refused, 2 wrong usage or unreadable input."""
    words = sys.argv[1:] if argv is None else argv
    first = words[0] if words else ""
    parser = _parser(first)
    if not words:
        parser.print_help(sys.stderr)
        return 2
    if not first.startswith("-") and first not in COMMANDS:
        parser.error(f"unknown command {first!r}{nearest(first, COMMANDS)}")
    arguments, unknown = parser.parse_known_args(words)
    if unknown:
        arguments.refuse(f"unrecognized arguments: {' '.join(unknown)}")
    try:
        code = int(import_module(COMMANDS[arguments.command][0]).run(arguments))
        sys.stdout.flush()
    except (ApiError, BadInput, BadPolicy) as error:
        _complain(str(error))
        return 2
    except OSError as error:
        # Nothing more may be flushed at exit to what cannot be written.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if isinstance(error, BrokenPipeError):
            return 128 + 13
        _complain(f"richpod: {error.strerror or error}")
        return 2
    except KeyboardInterrupt:
        return 128 + 2
    return code


def _complain(text: str) -> None:
    """File names may hold anything."""
    from webhook.printable import one_line

    for line in text.split("\n"):
        print(one_line(line, 4096), file=sys.stderr)


def _parser(chosen: str) -> argparse.ArgumentParser:
    """The arguments of one subcommand, and the names of all."""
    prog = "kubectl richpod" if os.path.basename(sys.argv[0]) == "kubectl-richpod" else "richpod"
    parser = argparse.ArgumentParser(
        prog, description="Ordinary pods in, rich containers out.", epilog=EXAMPLES, formatter_class=_Help, allow_abbrev=False
    )
    parser.add_argument("--version", action="version", version=f"{prog} {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, description=summary, formatter_class=_Help, allow_abbrev=False)
        subparser.set_defaults(refuse=subparser.error)
        if name == chosen:
            import_module(module).add_arguments(subparser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
