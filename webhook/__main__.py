"""The `richpod` command, also `kubectl richpod`; each subcommand imports only what it needs."""

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from webhook import __version__
from webhook.errors import BadInput, BadPolicy

COMMANDS = {
    "dry-run": ("webhook.cli.dryrun", "what would become of manifests, as patches, YAML, diff or report"),
    "explain": ("webhook.cli.explain", "why: every gate a pod passes, and the line that would change it"),
    "policy": ("webhook.cli.policy", "the effective policy, or its JSON schema"),
    "serve": ("webhook.admission.server", "the webhook itself"),
}
"""Name to module, with `add_arguments(parser)` and `run(arguments)`, and summary."""


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 fine, 1 something was refused, 2 wrong usage or unreadable input."""
    words = list(sys.argv[1:] if argv is None else argv)
    arguments = _parser(words[0] if words else "").parse_args(words)
    try:
        return int(import_module(COMMANDS[arguments.command][0]).run(arguments))
    except (BadInput, BadPolicy) as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read our output has seen enough; nothing may be flushed to it at exit.
        sys.stdout = None  # type: ignore[assignment]
        return 0


def _parser(chosen: str) -> argparse.ArgumentParser:
    """The arguments of one subcommand, and the names of all."""
    parser = argparse.ArgumentParser(prog="richpod", description="Ordinary pods in, rich containers out.")
    parser.add_argument("--version", action="version", version=f"richpod {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (module, summary) in COMMANDS.items():
        subparser = commands.add_parser(name, help=summary, description=summary)
        if name == chosen:
            import_module(module).add_arguments(subparser)
    return parser


if __name__ == "__main__":
    sys.exit(main())
