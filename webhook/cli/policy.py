"""`richpod policy`: the policy with every default filled in, or the JSON schema of the file."""

import argparse
import json
from typing import Any

from webhook.cli.terminal import data
from webhook.policy import Policy
from webhook.policy.file import load

EXAMPLES = """examples:
  %(prog)s
  %(prog)s --policy examples/legacy-app/policy.yaml -o json
  %(prog)s --schema
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--policy", metavar="FILE", help="the administrator's policy (default: the built-in one)")
    parser.add_argument("--schema", action="store_true", help="print the JSON schema of the file instead")
    parser.add_argument("-o", "--output", choices=("yaml", "json"), help="default: yaml; json for the schema")


def run(arguments: argparse.Namespace) -> int:
    policy = load(arguments.policy) if arguments.policy else Policy()
    shown = Policy.model_json_schema(by_alias=True) if arguments.schema else policy.effective()
    data(_written(shown, arguments.output or ("json" if arguments.schema else "yaml")))
    return 0


def _written(value: dict[str, Any], form: str) -> str:
    if form == "json":
        return json.dumps(value, indent=2) + "\n"
    import yaml

    return str(yaml.dump(value, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True))
