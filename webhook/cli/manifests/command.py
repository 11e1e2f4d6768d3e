"""`richpod manifests`: the whole installation of a policy, to standard output or into a folder for `kubectl apply -k`."""

import argparse
import json
import re
from pathlib import Path

from webhook.cli.manifests.components import COMPONENTS
from webhook.cli.manifests.files import GATEWAY, HEADER, REQUIRED, files, objects, stream
from webhook.cli.terminal import Line, data, talk
from webhook.policy import Policy
from webhook.policy.file import load

REMEMBERED = 262_144
"""Bytes of an object's annotations, in one of which `kubectl apply` remembers the whole object, unless the server does."""

EXAMPLES = """examples:
  %(prog)s | kubectl apply --dry-run=server -f -
  %(prog)s --policy policy.yaml --output-dir richpod && kubectl apply -k richpod
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    parser.add_argument("--policy", metavar="FILE", help="the administrator's policy (default: the built-in one)")
    parser.add_argument("--output-dir", metavar="DIR", type=Path, help="numbered files and a kustomization.yaml, in this folder")
    parser.add_argument(
        "--with",
        dest="components",
        metavar="COMPONENT",
        choices=sorted(COMPONENTS),
        action="append",
        default=[],
        help=f"add a component, again for another: {', '.join(sorted(COMPONENTS))}",
    )


def run(arguments: argparse.Namespace) -> int:
    """Raises OSError for a folder that cannot be written."""
    policy = load(arguments.policy) if arguments.policy else Policy()
    components = sorted(set(arguments.components))
    if arguments.output_dir:
        talk(_written(arguments.output_dir, files(policy, components)))
        talk([Line(f"kubectl apply{_options(policy, components)} -k {arguments.output_dir}")])
    else:
        data(stream(policy, components))
    return 0


def _written(folder: Path, rendered: dict[str, str]) -> list[Line]:
    """Files of an earlier run that are none any more are removed; the folder may hold others."""
    stale = [file for file in _earlier(folder) if str(file.relative_to(folder)) not in rendered]
    for file in stale:
        file.unlink()
    for name, text in rendered.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return [*map(_removed, stale), Line(f"wrote {len(rendered)} files; now run")]


def _removed(file: Path) -> Line:
    return Line(f"removed {file}{_STAYS.get(file.name, '')}")


_STAYS = {
    GATEWAY: "; what it held stays in the cluster and holds its grants until it is closed and deleted: see docs/gateway.md",
    REQUIRED: "; what it held stays in the cluster and refuses pods until it is deleted: see docs/installation.md",
}


def _options(policy: Policy, components: list[str]) -> str:
    sizes = (len(json.dumps(each, separators=(",", ":"))) for each, _ in objects(policy, components))
    return " --server-side" if max(sizes) > REMEMBERED * 0.9 else ""


def _earlier(folder: Path) -> list[Path]:
    numbered = (file for file in folder.glob("*.yaml") if re.match(r"\d\d-", file.name))
    return sorted(file for file in (*numbered, *folder.glob("components/*/*.yaml")) if _ours(file))


def _ours(file: Path) -> bool:
    return file.read_bytes().startswith(HEADER.encode())
